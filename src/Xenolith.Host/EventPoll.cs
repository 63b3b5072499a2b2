using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>One row of what <see cref="EventPoll.Wait"/> reports: struct epoll_event of x86-64, which is packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct EventPollEntry
{
    /// <summary>What happened.</summary>
    public EventPollEvents Events;

    /// <summary>The number the descriptor was added with.</summary>
    public ulong Key;
}

/// <summary>What to wait for and what happened (EPOLL* bits).</summary>
[Flags]
public enum EventPollEvents : uint
{
    /// <summary>Nothing; hang-ups and errors are reported all the same.</summary>
    None = 0,

    /// <summary>Data, an end of file or a connection to accept.</summary>
    Readable = 1,

    /// <summary>Room to write.</summary>
    Writable = 4,

    /// <summary>An error is pending (reported only).</summary>
    Error = 8,

    /// <summary>The other side hung up (reported only).</summary>
    HangUp = 16,
}

/// <summary>Waiting for many descriptors, level-triggered: epoll(7). Thread ownership: one thread.</summary>
public sealed partial class EventPoll : IDisposable
{
    private const int Cloexec = 0x80000;
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;

    private readonly SafeFileHandle _poll;

    /// <summary>Makes an empty set.</summary>
    public EventPoll()
    {
        var descriptor = Create(Cloexec);
        _poll = descriptor >= 0 ? Descriptors.Own(descriptor) : throw HostException.Last("make an epoll set");
    }

    /// <summary>The set's own descriptor, readable while a wait would return at once; good until it is disposed.</summary>
    public int Number => Descriptors.Number(_poll);

    /// <summary>Adds a descriptor under a key.</summary>
    public void Watch(SafeHandle descriptor, EventPollEvents wanted, ulong key) => Control(Add, descriptor, wanted, key);

    /// <summary>Changes what is wanted of a descriptor.</summary>
    public void Change(SafeHandle descriptor, EventPollEvents wanted, ulong key) => Control(Modify, descriptor, wanted, key);

    /// <summary>Takes a descriptor out.</summary>
    public void Forget(SafeHandle descriptor) => Control(Delete, descriptor, EventPollEvents.None, 0);

    /// <summary>Waits; returns the number of rows filled, 0 after the timeout or a signal.</summary>
    /// <param name="happened">Rows to fill.</param>
    /// <param name="milliseconds">Longest wait; negative for ever.</param>
    public int Wait(Span<EventPollEntry> happened, int milliseconds)
    {
        var count = WaitCall(Descriptors.Number(_poll), ref MemoryMarshal.GetReference(happened), happened.Length, milliseconds);
        if (count >= 0)
            return count;
        return Marshal.GetLastPInvokeError() == Errno.EINTR ? 0 : throw HostException.Last("wait for events");
    }

    /// <inheritdoc/>
    public void Dispose() => _poll.Dispose();

    private void Control(int operation, SafeHandle descriptor, EventPollEvents wanted, ulong key)
    {
        var entry = new EventPollEntry { Events = wanted, Key = key };
        if (ControlCall(Descriptors.Number(_poll), operation, Descriptors.Number(descriptor), ref entry) != 0)
            throw HostException.Last("change an epoll set");
        GC.KeepAlive(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int ControlCall(int poll, int operation, int descriptor, ref EventPollEntry entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitCall(int poll, ref EventPollEntry entries, int count, int milliseconds);
}
