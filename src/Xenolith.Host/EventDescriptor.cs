using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// An eventfd: wakes a thread that waits in poll(2). Signals add up; one <see cref="Clear"/> takes them all. Any thread; allocates nothing
/// after it is made.
/// </summary>
public sealed partial class EventDescriptor : IDisposable
{
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;

    private readonly SafeFileHandle _handle;

    /// <summary>Makes one, not signalled.</summary>
    public EventDescriptor()
    {
        var descriptor = EventFd(0, CloseOnExec | NonBlocking);
        _handle = descriptor >= 0 ? Descriptors.Own(descriptor) : throw HostException.Last("eventfd");
    }

    /// <summary>The descriptor, readable while signalled.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>Signals. May meet <see cref="Dispose"/> on another thread: it signals, or throws <see cref="ObjectDisposedException"/>.</summary>
    public void Signal()
    {
        Span<byte> one = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        var held = false;
        try
        {
            _handle.DangerousAddRef(ref held);

            // WouldBlock means that the count is at its top: signalled enough.
            Descriptors.Write(_handle, one);
        }
        finally
        {
            if (held)
            {
                _handle.DangerousRelease();
            }
        }
    }

    /// <summary>Takes all signals; false if there was none.</summary>
    public bool Clear()
    {
        Span<byte> count = stackalloc byte[8];
        return Descriptors.Read(_handle, count) == sizeof(ulong);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);
}
