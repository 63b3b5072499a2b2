using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host.Network;

/// <summary>
/// A TAP: a network interface of the host whose other end is a descriptor. Frames carry virtio headers (IFF_VNET_HDR, 10 bytes), so that
/// large packets and blank checksums pass. It goes away with its last descriptor. Any thread.
/// </summary>
public sealed unsafe partial class TapDevice
{
    private const nuint SetInterface = 0x400454ca, SetOffload = 0x400454d0, SetQueue = 0x400454d9;
    private const short Tap = 2, NoPacketInformation = 0x1000, VnetHeader = 0x4000, MultiQueue = 0x100, AttachQueue = 0x200, DetachQueue = 0x400;
    private const nuint OffloadChecksum = 1, OffloadV4 = 2, OffloadV6 = 4;
    private const int NameBytes = 16, RequestBytes = 40;

    private TapDevice(string name, IReadOnlyList<SafeFileHandle> queues)
    {
        Name = name;
        Queues = queues;
    }

    /// <summary>The interface's name.</summary>
    public string Name { get; }

    /// <summary>A non-blocking descriptor for each queue.</summary>
    public IReadOnlyList<SafeFileHandle> Queues { get; }

    /// <summary>Makes one. Throws <see cref="HostException"/> with EPERM if this process may not (CAP_NET_ADMIN).</summary>
    /// <param name="name">The interface's name; null for <c>tapN</c>; a <c>%d</c> in it becomes a free number.</param>
    /// <param name="queues">Number of queues.</param>
    public static TapDevice Open(string? name, int queues)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queues, 1);
        var text = Encoding.UTF8.GetBytes(name ?? "tap%d");
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(text.Length, NameBytes, nameof(name));
        var made = new List<SafeFileHandle>();
        try
        {
            // SAFETY: the request has struct ifreq's size; the kernel writes the name that it chose back into it.
            var request = stackalloc byte[RequestBytes];
            new Span<byte>(request, RequestBytes).Clear();
            text.CopyTo(new Span<byte>(request, NameBytes));
            *(short*)(request + NameBytes) = (short)(Tap | NoPacketInformation | VnetHeader | (queues > 1 ? MultiQueue : 0));
            for (var i = 0; i < queues; i++)
            {
                const int readWriteNonblockCloexec = 0x2 | 0x800 | 0x80000;
                var descriptor = OpenCall("/dev/net/tun", readWriteNonblockCloexec, 0);
                made.Add(descriptor >= 0 ? Descriptors.Own(descriptor) : throw HostException.Last("open /dev/net/tun"));
                if (Control(descriptor, SetInterface, (nuint)request) != 0)
                {
                    throw HostException.Last($"make network interface {name ?? "tap"}");
                }
            }

            var chosen = new ReadOnlySpan<byte>(request, NameBytes);
            return new TapDevice(Encoding.UTF8.GetString(chosen[..chosen.IndexOf((byte)0)]), made);
        }
        catch
        {
            made.ForEach(d => d.Dispose());
            throw;
        }
    }

    /// <summary>Says what the reader of this descriptor takes (TUNSETOFFLOAD); the kernel does the rest itself.</summary>
    public static void SetOffloads(SafeHandle queue, bool checksum, bool largeV4, bool largeV6)
    {
        var bits = checksum ? OffloadChecksum | (largeV4 ? OffloadV4 : 0) | (largeV6 ? OffloadV6 : 0) : 0;
        if (Control(Descriptors.Number(queue), SetOffload, bits) != 0)
        {
            throw HostException.Last("set a TAP's offloads");
        }
    }

    /// <summary>Puts a queue of several in or out of use; flows are steered to those in use. Repeating it does nothing.</summary>
    public static void UseQueue(SafeHandle queue, bool use)
    {
        // SAFETY: as in Open.
        var request = stackalloc byte[RequestBytes];
        new Span<byte>(request, RequestBytes).Clear();
        *(short*)(request + NameBytes) = use ? AttachQueue : DetachQueue;
        if (Control(Descriptors.Number(queue), SetQueue, (nuint)request) != 0 && Marshal.GetLastPInvokeError() != Errno.EINVAL)
        {
            throw HostException.Last("change a TAP's queues");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, nuint argument);
}
