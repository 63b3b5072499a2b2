using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>What to wait for on a descriptor, and what happened (poll(2)'s bits).</summary>
[Flags]
public enum PollEvents : short
{
    /// <summary>Nothing asked; hang-up and errors are reported all the same.</summary>
    None = 0,

    /// <summary>Data, an end of file or a connection to accept.</summary>
    Readable = 0x1,

    /// <summary>Urgent data of a TCP connection.</summary>
    Urgent = 0x2,

    /// <summary>Room to write.</summary>
    Writable = 0x4,

    /// <summary>An error is pending (reported only).</summary>
    Error = 0x8,

    /// <summary>The other side hung up (reported only).</summary>
    HangUp = 0x10,

    /// <summary>The descriptor is not open (reported only).</summary>
    Invalid = 0x20,
}

/// <summary>One row of a poll set; the layout is struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollEntry
{
    /// <summary>Descriptor number; a negative one is skipped.</summary>
    public int Descriptor;

    /// <summary>What to wait for.</summary>
    public PollEvents Wanted;

    /// <summary>What happened; written by <see cref="Poller.Wait"/>.</summary>
    public PollEvents Happened;
}

/// <summary>Waiting for a few descriptors at once, without a thread pool: poll(2).</summary>
public static partial class Poller
{
    /// <summary>Waits until a row has an event. Returns the number of such rows, 0 after the timeout. Restarts after signals.</summary>
    /// <param name="entries">The poll set; <see cref="PollEntry.Happened"/> is written.</param>
    /// <param name="milliseconds">Longest wait; negative for ever.</param>
    public static int Wait(Span<PollEntry> entries, int milliseconds)
    {
        var deadline = milliseconds < 0 ? 0 : Environment.TickCount64 + milliseconds;
        while (true)
        {
            var count = Poll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, milliseconds);
            if (count >= 0)
            {
                return count;
            }

            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw HostException.Last("poll");
            }

            if (milliseconds >= 0)
            {
                milliseconds = (int)Math.Max(0, deadline - Environment.TickCount64);
            }
        }
    }

    /// <summary>Waits for one descriptor; false after the timeout. A hang-up or an error counts as an event.</summary>
    public static bool WaitFor(SafeHandle descriptor, PollEvents wanted, int milliseconds)
    {
        var entry = new PollEntry { Descriptor = Descriptors.Number(descriptor), Wanted = wanted };
        var count = Wait(new Span<PollEntry>(ref entry), milliseconds);
        GC.KeepAlive(descriptor);
        return count > 0;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);
}
