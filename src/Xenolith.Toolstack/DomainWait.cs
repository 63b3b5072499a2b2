using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack;

/// <summary>What came of a domain that was waited for.</summary>
/// <param name="Reason">SHUTDOWN_* reason if it has shut down; null if it is gone without having.</param>
/// <param name="Gone">Nothing is left of it.</param>
/// <param name="Cause">Why it crashed, if that is known.</param>
public readonly record struct DomainEnd(int? Reason, bool Gone, string? Cause = null);

/// <summary>Waiting for a domain's end (<c>xl shutdown -w</c>). Thread ownership: one thread.</summary>
public sealed class DomainWait : IDisposable
{
    private readonly MessageChannel _monitor;
    private int? _reason;
    private string? _cause;

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
                _cause = message.Text("cause") is { Length: > 0 } cause ? cause : null;
                if (!death)
                {
                    return new(_reason, false, _cause);
                }
            }
            else if (message.Verb == Verbs.Destroyed)
            {
                break;
            }
        }

        return new(_reason, true, _cause);
    }

    /// <inheritdoc/>
    public void Dispose() => _monitor.Dispose();
}
