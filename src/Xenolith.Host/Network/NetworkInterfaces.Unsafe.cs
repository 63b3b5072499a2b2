using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host.Network;

/// <summary>
/// The network interfaces of this process's network namespace, by ioctl on a socket: unlike /sys/class/net this always means the namespace we are
/// in. Asking needs no right, changing needs CAP_NET_ADMIN there.
/// <para>Thread ownership: free for all threads.</para>
/// </summary>
public sealed unsafe partial class NetworkInterfaces : IDisposable
{
    private const int GetIndex = 0x8933, GetFlags = 0x8913, SetFlags = 0x8914, GetMtu = 0x8921, SetMtu = 0x8922, SetHardwareAddress = 0x8924;
    private const int BridgeAddInterface = 0x89A2, EthTool = 0x8946;
    private const uint GetDriverInfo = 3;
    private const short Up = 1;
    private const ushort Ethernet = 1;
    private const int Inet = 2, Datagram = 2, CloseOnExec = 0x80000;
    private const int NoSuchDevice = 19, NotSupported = 95;

    private readonly SafeFileHandle _socket;

    private NetworkInterfaces(SafeFileHandle socket) => _socket = socket;

    /// <summary>Opens the way to ask and change.</summary>
    public static NetworkInterfaces Open()
    {
        var socket = Socket(Inet, Datagram | CloseOnExec, 0);
        return socket >= 0 ? new(Descriptors.Own(socket)) : throw HostException.Last("open a socket for network interfaces");
    }

    /// <summary>Whether an interface has this name.</summary>
    public bool Exists(string name) => InterfaceName.Problem(name) is null && IndexOf(name) is not null;

    /// <summary>The kernel driver behind an interface, as <c>ethtool -i</c> shows it: <c>bridge</c>, <c>tun</c>, <c>openvswitch</c>; empty if unknown.</summary>
    public string DriverOf(string name)
    {
        const int infoBytes = 196, driverAt = 4, driverBytes = 32;
        var info = stackalloc byte[infoBytes];
        new Span<byte>(info, infoBytes).Clear();
        *(uint*)info = GetDriverInfo;
        var request = Request.Of(name);
        request.Pointer = (nint)info;
        // SAFETY: ETHTOOL_GDRVINFO writes struct ethtool_drvinfo (196 bytes) to the buffer of that size the request points to.
        if (Ioctl(_socket, EthTool, &request) != 0)
        {
            return string.Empty;
        }

        var driver = new ReadOnlySpan<byte>(info + driverAt, driverBytes);
        return Encoding.UTF8.GetString(driver[..Math.Max(0, driver.IndexOf((byte)0))]);
    }

    /// <summary>Whether an interface is an Ethernet bridge of the kernel's.</summary>
    public bool IsBridge(string name) => Exists(name) && DriverOf(name) == "bridge";

    /// <summary>Largest packet of an interface, bytes.</summary>
    public int MtuOf(string name)
    {
        var request = Request.Of(name);
        Call(GetMtu, &request, $"read the MTU of {name}");
        return request.Number;
    }

    /// <summary>Sets the largest packet of an interface, bytes.</summary>
    public void SetMtuOf(string name, int mtu)
    {
        var request = Request.Of(name);
        request.Number = mtu;
        Call(SetMtu, &request, $"set the MTU of {name} to {mtu}");
    }

    /// <summary>Sets an interface's own Ethernet address.</summary>
    /// <param name="name">The interface; it must be down.</param>
    /// <param name="address">Six bytes.</param>
    public void SetAddressOf(string name, ReadOnlySpan<byte> address)
    {
        var request = Request.Of(name);
        request.Family = Ethernet;
        // SAFETY: sa_data begins two bytes into the union and has room for 14; an address is six.
        address[..6].CopyTo(new Span<byte>((byte*)&request + Request.NameBytes + 2, 6));
        Call(SetHardwareAddress, &request, $"set the address of {name}");
    }

    /// <summary>Lets an interface carry packets.</summary>
    public void BringUp(string name)
    {
        var request = Request.Of(name);
        Call(GetFlags, &request, $"read the flags of {name}");
        request.Flags |= Up;
        Call(SetFlags, &request, $"bring {name} up");
    }

    /// <summary>Makes an interface a port of a bridge.</summary>
    public void AddToBridge(string bridge, string name)
    {
        var request = Request.Of(bridge);
        request.Number = IndexOf(name) ?? throw new HostException($"find the interface {name}", NoSuchDevice);
        Call(BridgeAddInterface, &request, $"add {name} to the bridge {bridge}");
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private int? IndexOf(string name)
    {
        var request = Request.Of(name);
        if (Ioctl(_socket, GetIndex, &request) == 0)
        {
            return request.Number;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is NoSuchDevice or NotSupported ? null : throw new HostException($"look for the interface {name}", errno);
    }

    private void Call(int number, Request* request, string operation)
    {
        // SAFETY: every request number used here reads and writes one struct ifreq, which Request lays out.
        if (Ioctl(_socket, number, request) != 0)
        {
            throw HostException.Last(operation);
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle descriptor, nint number, Request* request);

    /// <summary>struct ifreq of x86-64.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    private struct Request
    {
        /// <summary>Room for the name and its zero.</summary>
        public const int NameBytes = 16;

        /// <summary>ifr_ifindex, ifr_mtu.</summary>
        [FieldOffset(16)]
        public int Number;

        /// <summary>ifr_flags.</summary>
        [FieldOffset(16)]
        public short Flags;

        /// <summary>ifr_hwaddr.sa_family.</summary>
        [FieldOffset(16)]
        public ushort Family;

        /// <summary>ifr_data.</summary>
        [FieldOffset(16)]
        public nint Pointer;

        public static Request Of(string name)
        {
            if (InterfaceName.Problem(name) is { } problem)
            {
                throw new ArgumentException($"the interface name {name} {problem}", nameof(name));
            }

            Request request = default;
            // SAFETY: the name was checked to have at most 15 bytes; the field has 16 and is zeroed.
            Encoding.UTF8.GetBytes(name, new Span<byte>((byte*)&request, NameBytes));
            return request;
        }
    }
}
