using System.Runtime.InteropServices;

namespace Xenolith.Host.Network;

/// <summary>
/// libslirp, opened when it is needed, so that the program runs without it. Layouts are those of configuration version 3, which every
/// libslirp since 4.0 takes. Thread ownership: as the library's functions.
/// </summary>
internal static unsafe class SlirpLibrary
{
    /// <summary>The library.</summary>
    public const string File = "libslirp.so.0";

    private static nint s_library;

    public static delegate* unmanaged<Configuration*, Callbacks*, nint, nint> New { get; private set; }

    public static delegate* unmanaged<nint, void> Cleanup { get; private set; }

    public static delegate* unmanaged<nint, uint*, delegate* unmanaged<int, int, nint, int>, nint, void> FillPoll { get; private set; }

    public static delegate* unmanaged<nint, int, delegate* unmanaged<int, nint, int>, nint, void> Polled { get; private set; }

    public static delegate* unmanaged<nint, byte*, int, void> Input { get; private set; }

    public static delegate* unmanaged<nint, int, uint, int, uint, int, int> AddForward { get; private set; }

    public static delegate* unmanaged<nint, int, uint, int, int> RemoveForward { get; private set; }

    /// <summary>Opens the library; throws <see cref="DllNotFoundException"/> with the package's name.</summary>
    public static void Load()
    {
        if (s_library != 0)
        {
            return;
        }

        if (!NativeLibrary.TryLoad(File, out var library))
        {
            throw new DllNotFoundException($"{File} is not installed, and a switch's uplink needs it: apt-get install libslirp0");
        }

        // SAFETY: the signatures are those of libslirp.h; a library without one of these functions is refused by GetExport.
        New = (delegate* unmanaged<Configuration*, Callbacks*, nint, nint>)NativeLibrary.GetExport(library, "slirp_new");
        Cleanup = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "slirp_cleanup");
        FillPoll = (delegate* unmanaged<nint, uint*, delegate* unmanaged<int, int, nint, int>, nint, void>)NativeLibrary.GetExport(library, "slirp_pollfds_fill");
        Polled = (delegate* unmanaged<nint, int, delegate* unmanaged<int, nint, int>, nint, void>)NativeLibrary.GetExport(library, "slirp_pollfds_poll");
        Input = (delegate* unmanaged<nint, byte*, int, void>)NativeLibrary.GetExport(library, "slirp_input");
        AddForward = (delegate* unmanaged<nint, int, uint, int, uint, int, int>)NativeLibrary.GetExport(library, "slirp_add_hostfwd");
        RemoveForward = (delegate* unmanaged<nint, int, uint, int, int>)NativeLibrary.GetExport(library, "slirp_remove_hostfwd");
        s_library = library;
    }

    /// <summary>struct SlirpConfig; addresses in network byte order, as they lie in memory.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 184)]
    public struct Configuration
    {
        [FieldOffset(0)]
        public uint Version;
        [FieldOffset(8)]
        public byte V4Enabled;
        [FieldOffset(12)]
        public uint Network;
        [FieldOffset(16)]
        public uint Mask;
        [FieldOffset(20)]
        public uint Host;
        [FieldOffset(24)]
        public byte V6Enabled;
        [FieldOffset(28)]
        public fixed byte Prefix6[16];
        [FieldOffset(44)]
        public byte Prefix6Length;
        [FieldOffset(48)]
        public fixed byte Host6[16];
        [FieldOffset(96)]
        public uint DhcpStart;
        [FieldOffset(100)]
        public uint NameServer;
        [FieldOffset(104)]
        public fixed byte NameServer6[16];
        [FieldOffset(136)]
        public nuint Mtu;
        [FieldOffset(144)]
        public nuint Mru;
    }

    /// <summary>struct SlirpCb.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Callbacks
    {
        public delegate* unmanaged<byte*, nuint, nint, nint> SendPacket;
        public delegate* unmanaged<byte*, nint, void> GuestError;
        public delegate* unmanaged<nint, long> Clock;
        public delegate* unmanaged<delegate* unmanaged<nint, void>, nint, nint, nint> TimerNew;
        public delegate* unmanaged<nint, nint, void> TimerFree;
        public delegate* unmanaged<nint, long, nint, void> TimerModify;
        public delegate* unmanaged<int, nint, void> RegisterPoll;
        public delegate* unmanaged<int, nint, void> UnregisterPoll;
        public delegate* unmanaged<nint, void> Notify;
        public nint InitCompleted;
        public nint TimerNewOpaque;
    }
}
