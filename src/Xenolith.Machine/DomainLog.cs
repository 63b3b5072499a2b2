using System.Text;

namespace Xenolith.Machine;

/// <summary>
/// What <c>xl dmesg</c> shows of a domain: the hypervisor's own words and what the guest wrote with console_io. Bounded: old lines go, a line
/// ends at 1024 bytes, and guest-caused lines of the hypervisor are limited to <see cref="GuestCausedLimit"/> a second.
/// <para>Any thread. Lock: its own, a leaf.</para>
/// </summary>
public sealed class DomainLog
{
    /// <summary>Lines that a guest's misbehaviour may cause each second.</summary>
    public const int GuestCausedLimit = 20;

    private const int Capacity = 512, LineLimit = 1024;
    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();
    private readonly byte[] _partial = new byte[LineLimit];
    private int _partialLength, _causedThisSecond, _suppressed;
    private long _second;

    /// <summary>Called for each finished line, on the thread that finished it; must be quick and must not throw.</summary>
    public Action<string>? LineWritten { get; set; }

    /// <summary>The lines kept, oldest first.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_lock)
        {
            return [.. _lines];
        }
    }

    /// <summary>A line of the hypervisor's own.</summary>
    public void Write(string line)
    {
        lock (_lock)
        {
            Add(line);
        }
    }

    /// <summary>A line about something that the guest did: dropped and counted when they come too fast.</summary>
    public void WriteGuestCaused(string line)
    {
        lock (_lock)
        {
            var second = Environment.TickCount64 / 1000;
            if (second != _second)
            {
                if (_suppressed > 0)
                {
                    Add($"({_suppressed} more messages suppressed)");
                }

                (_second, _causedThisSecond, _suppressed) = (second, 0, 0);
            }

            if (++_causedThisSecond > GuestCausedLimit)
            {
                _suppressed++;
                return;
            }

            Add(line);
        }
    }

    /// <summary>Bytes the guest wrote with CONSOLEIO_write; kept until a newline completes them.</summary>
    public void WriteGuest(ReadOnlySpan<byte> text)
    {
        lock (_lock)
        {
            foreach (var octet in text)
            {
                if (octet == '\n' || _partialLength == LineLimit)
                {
                    Add(Encoding.Latin1.GetString(_partial, 0, _partialLength));
                    _partialLength = 0;
                }

                // What Xen prints: nothing that a terminal obeys, C1 included.
                if (octet is (>= 0x20 and < 0x7f) or >= 0xa0 or (byte)'\t')
                {
                    _partial[_partialLength++] = octet;
                }
            }
        }
    }

    private void Add(string line)
    {
        if (_lines.Count == Capacity)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue(line);
        LineWritten?.Invoke(line);
    }
}
