using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// What a monitor says to its domain process, in order. What is not taken at once waits here and not in the kernel: a process that somebody has stopped,
/// or that its guest has taken over and that reads nothing, must not stop its monitor with it.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed class DomainOutbox(EventLoop loop, MessageChannel channel) : IDisposable
{
    /// <summary>Most messages that wait: more than all devices of a domain can be about.</summary>
    private const int MostWaiting = 512;

    private readonly Queue<(byte[] Message, SafeFileHandle[] Descriptors)> _waiting = new();
    private EventLoop.Source? _room;

    /// <summary>Sends, at once or as soon as there is room; false if the process is gone, or has long taken nothing.</summary>
    public bool TrySend(Message message, IReadOnlyList<SafeHandle>? descriptors)
    {
        var bytes = message.ToBytes();
        if (_waiting.Count == 0 && channel.Offer(bytes, descriptors) is var result and not SendResult.Full)
        {
            return result == SendResult.Sent;
        }

        if (_waiting.Count >= MostWaiting)
        {
            return false;
        }

        // The caller's own are closed when it returns.
        _waiting.Enqueue((bytes, [.. (descriptors ?? []).Select(d => Descriptors.Duplicate(d))]));
        _room ??= loop.Add(channel.Socket, PollEvents.Writable, _ => Flush());
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _room?.Remove();
        _room = null;
        while (_waiting.TryDequeue(out var message))
        {
            Close(message.Descriptors);
        }
    }

    private static void Close(SafeFileHandle[] descriptors) => Array.ForEach(descriptors, d => d.Dispose());

    private void Flush()
    {
        while (_waiting.TryPeek(out var next))
        {
            switch (channel.Offer(next.Message, next.Descriptors))
            {
                case SendResult.Full:
                    return;
                case SendResult.Gone:
                    Dispose(); // its end comes through the pidfd, and answers who waits
                    return;
                default:
                    _waiting.Dequeue();
                    Close(next.Descriptors);
                    break;
            }
        }

        Dispose();
    }
}
