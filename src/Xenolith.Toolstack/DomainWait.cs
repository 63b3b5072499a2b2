using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack;

/// <summary>What came of a domain that was waited for.</summary>
/// <param name="Reason">SHUTDOWN_* reason if it has shut down; null if it is gone without having.</param>
/// <param name="Gone">Nothing is left of it.</param>
public readonly record struct DomainEnd(int? Reason, bool Gone);

/// <summary>Waiting for a domain's end (<c>xl shutdown -w</c>). Thread ownership: one thread.</summary>
public sealed class DomainWait : IDisposable
{
    private readonly MessageChannel _monitor;
    private int? _reason;

    internal DomainWait(MessageChannel monitor)
    {
        _monitor = monitor;
        _monitor.TrySend(new Message(Verbs.Wait));
    }

    /// <summary>Waits for the domain's shutdown or its death, or for its death only.</summary>
    /// <param name="death">Only its death will do.</param>
    public DomainEnd Next(bool death)
    {
        while (_monitor.Receive() is { } message)
        {
            if (message.Verb == Verbs.ShutDown)
            {
                _reason = (int)message.Number("reason");
                if (!death)
                {
                    return new(_reason, false);
                }
            }
            else if (message.Verb == Verbs.Destroyed)
            {
                break;
            }
        }

        return new(_reason, true);
    }

    /// <inheritdoc/>
    public void Dispose() => _monitor.Dispose();
}
