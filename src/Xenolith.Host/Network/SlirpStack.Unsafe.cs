using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Xenolith.Host.Network;

/// <summary>The network that a <see cref="SlirpStack"/> plays: a router with DHCP and DNS, behind which lies what this process can reach.</summary>
/// <param name="Network">The network's address.</param>
/// <param name="Mask">Its mask.</param>
/// <param name="Gateway">The router, which also stands for the host's own loopback.</param>
/// <param name="NameServer">Where DNS is asked.</param>
/// <param name="FirstLease">First address that DHCP gives away.</param>
public sealed record SlirpNetwork(IPAddress Network, IPAddress Mask, IPAddress Gateway, IPAddress NameServer, IPAddress FirstLease)
{
    /// <summary>The network that QEMU's users know.</summary>
    public static SlirpNetwork Usual { get; } = new(IPAddress.Parse("10.0.2.0"), IPAddress.Parse("255.255.255.0"), IPAddress.Parse("10.0.2.2"), IPAddress.Parse("10.0.2.3"), IPAddress.Parse("10.0.2.15"));

    /// <summary>An address in the network that nobody is given.</summary>
    public IPAddress Nobody => new(Bits(Network) | (~Bits(Mask) & BitConverter.ToUInt32([0, 0, 0, 254])));

    /// <summary>Whether an address can be a guest's: in the network, and neither the router's nor the name server's.</summary>
    public bool IsGuest(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return (Bits(address) & Bits(Mask)) == Bits(Network) && !address.Equals(Gateway) && !address.Equals(NameServer);
    }

    /// <summary>An address as it lies in a frame.</summary>
    internal static uint Bits(IPAddress address) => BitConverter.ToUInt32(address.GetAddressBytes());
}

/// <summary>
/// libslirp: ends the connections of many guests in one process and goes on with sockets of its own. Frames in and out are complete Ethernet
/// frames. Thread ownership: one thread, which also gets the frames that it sends.
/// </summary>
public sealed unsafe class SlirpStack : IDisposable
{
    /// <summary>A frame for the guests; the memory is good during the call.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="length">Its bytes.</param>
    public delegate void FrameSink(nint address, int length);

    /// <summary>Owner of a socket that no frame made the library open.</summary>
    public const int Nobody = -1;

    private const int PollIn = 1, PollOut = 2, PollUrgent = 4, PollError = 8, PollHangUp = 16;

    private readonly FrameSink _send;
    private readonly List<Timer> _timers = [];
    private readonly List<PollEntry> _rows = [];
    private readonly GCHandle _self;
    private readonly SlirpLibrary.Callbacks* _callbacks;

    /// <summary>The open sockets that the library told of, by their numbers: who sent the frame that made it open each, or <see cref="Nobody"/>.</summary>
    private readonly Dictionary<int, int> _owners = [];
    private nint _stack;
    private int _sender = Nobody;

    /// <summary>Starts one; <see cref="DllNotFoundException"/> names the package if libslirp is not there.</summary>
    /// <param name="network">What it plays.</param>
    /// <param name="send">Takes frames for the guests.</param>
    public SlirpStack(SlirpNetwork network, FrameSink send)
    {
        ArgumentNullException.ThrowIfNull(network);
        SlirpLibrary.Load();
        _send = send;
        _self = GCHandle.Alloc(this);
        // SAFETY: the callbacks' table outlives the stack and is freed after it; the configuration is read during the call only.
        _callbacks = (SlirpLibrary.Callbacks*)NativeMemory.AllocZeroed((nuint)sizeof(SlirpLibrary.Callbacks));
        _callbacks->SendPacket = &SendPacket;
        _callbacks->GuestError = &GuestError;
        _callbacks->Clock = &Clock;
        _callbacks->TimerNew = &TimerNew;
        _callbacks->TimerFree = &TimerFree;
        _callbacks->TimerModify = &TimerModify;
        _callbacks->RegisterPoll = &Opened;
        _callbacks->UnregisterPoll = &Closing;
        _callbacks->Notify = &Notified;
        var configuration = new SlirpLibrary.Configuration
        {
            Version = 3,
            V4Enabled = 1,
            Network = SlirpNetwork.Bits(network.Network),
            Mask = SlirpNetwork.Bits(network.Mask),
            Host = SlirpNetwork.Bits(network.Gateway),
            DhcpStart = SlirpNetwork.Bits(network.FirstLease),
            NameServer = SlirpNetwork.Bits(network.NameServer),
            V6Enabled = 1,
            Prefix6Length = 64,
            Mtu = 1500,
            Mru = 1500,
        };
        IPAddress.Parse("fec0::").TryWriteBytes(new Span<byte>(configuration.Prefix6, 16), out _);
        IPAddress.Parse("fec0::2").TryWriteBytes(new Span<byte>(configuration.Host6, 16), out _);
        IPAddress.Parse("fec0::3").TryWriteBytes(new Span<byte>(configuration.NameServer6, 16), out _);
        _stack = SlirpLibrary.New(&configuration, _callbacks, GCHandle.ToIntPtr(_self));
        if (_stack == 0)
        {
            Dispose();
            throw new InvalidOperationException("libslirp refuses to start");
        }
    }

    /// <summary>Gives it a frame of a guest, with its checksums filled in.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="sender">Who sent it, from 0: the owner of what the library opens because of it.</param>
    public void Input(ReadOnlySpan<byte> frame, int sender)
    {
        _sender = sender;

        // SAFETY: the library copies the frame during the call.
        fixed (byte* bytes = frame)
        {
            SlirpLibrary.Input(_stack, bytes, frame.Length);
        }

        _sender = Nobody;
    }

    /// <summary>Leads a port of the host to a port of a guest. 0, or why the port cannot be had (errno).</summary>
    /// <param name="udp">Datagrams; otherwise TCP connections.</param>
    /// <param name="host">The host's address to listen at, IPv4.</param>
    /// <param name="hostPort">Port on the host.</param>
    /// <param name="guest">The guest's address.</param>
    /// <param name="guestPort">Port in the guest.</param>
    public int Forward(bool udp, IPAddress host, int hostPort, IPAddress guest, int guestPort) =>
        SlirpLibrary.AddForward(_stack, udp ? 1 : 0, SlirpNetwork.Bits(host), hostPort, SlirpNetwork.Bits(guest), guestPort) == 0 ? 0 : Math.Max(1, Marshal.GetLastSystemError());

    /// <summary>Ends what <see cref="Forward"/> began; connections that are open stay so.</summary>
    public void Unforward(bool udp, IPAddress host, int hostPort) => SlirpLibrary.RemoveForward(_stack, udp ? 1 : 0, SlirpNetwork.Bits(host), hostPort);

    /// <summary>The sockets that it waits for now, and how long at most. Good until the next call.</summary>
    /// <param name="milliseconds">The longest wait, made shorter; negative for ever.</param>
    public ReadOnlySpan<PollEntry> Waits(ref int milliseconds)
    {
        _rows.Clear();
        var timeout = milliseconds < 0 ? uint.MaxValue : (uint)milliseconds;
        SlirpLibrary.FillPoll(_stack, &timeout, &AddPoll, GCHandle.ToIntPtr(_self));
        var now = Now() / 1_000_000;
        foreach (var timer in _timers)
        {
            if (timer.At != 0)
            {
                timeout = (uint)Math.Min(timeout, Math.Max(0, timer.At - now));
            }
        }

        milliseconds = timeout > int.MaxValue ? Timeout.Infinite : (int)timeout;
        return CollectionsMarshal.AsSpan(_rows);
    }

    /// <summary>Tells of each open socket who sent the frame that made the library open it, or <see cref="Nobody"/>.</summary>
    public void EachSocket(Action<int> tell)
    {
        ArgumentNullException.ThrowIfNull(tell);
        foreach (var owner in _owners.Values)
        {
            tell(owner);
        }

        // The library does not tell of what it accepts for a guest, and before 4.6 of TCP only: some of the others are waited for.
        foreach (var row in _rows)
        {
            if (!_owners.ContainsKey(row.Descriptor))
            {
                tell(Nobody);
            }
        }
    }

    /// <summary>Works on what happened to the rows of the last <see cref="Waits"/>.</summary>
    public void Polled(ReadOnlySpan<PollEntry> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            _rows[i] = rows[i];
        }

        SlirpLibrary.Polled(_stack, 0, &Happened, GCHandle.ToIntPtr(_self));
        var now = Now() / 1_000_000;
        foreach (var timer in _timers.ToArray())
        {
            if (timer.At != 0 && timer.At <= now)
            {
                timer.At = 0;
                timer.Run();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stack != 0)
        {
            SlirpLibrary.Cleanup(_stack);
            _stack = 0;
        }

        if (_self.IsAllocated)
        {
            _self.Free();
            NativeMemory.Free(_callbacks);
        }
    }

    private static long Now() => Stopwatch.GetElapsedTime(0).Ticks * 100;

    private static SlirpStack Of(nint opaque) => (SlirpStack)GCHandle.FromIntPtr(opaque).Target!;

    [UnmanagedCallersOnly]
    private static nint SendPacket(byte* frame, nuint length, nint opaque)
    {
        Of(opaque)._send((nint)frame, (int)length);
        return (nint)length;
    }

    [UnmanagedCallersOnly]
    private static void GuestError(byte* message, nint opaque)
    {
        // Guests may misbehave as they like; the library drops what it does not like.
    }

    [UnmanagedCallersOnly]
    private static long Clock(nint opaque) => Now();

    [UnmanagedCallersOnly]
    private static nint TimerNew(delegate* unmanaged<nint, void> callback, nint callbackOpaque, nint opaque)
    {
        var timer = new Timer((nint)callback, callbackOpaque);
        Of(opaque)._timers.Add(timer);
        return Of(opaque)._timers.Count;
    }

    [UnmanagedCallersOnly]
    private static void TimerFree(nint timer, nint opaque) => Of(opaque)._timers[(int)timer - 1].At = 0;

    [UnmanagedCallersOnly]
    private static void TimerModify(nint timer, long at, nint opaque) => Of(opaque)._timers[(int)timer - 1].At = at;

    [UnmanagedCallersOnly]
    private static void Opened(int descriptor, nint opaque)
    {
        // The library also tells of accepted sockets before it knows their numbers.
        if (descriptor >= 0)
        {
            Of(opaque)._owners[descriptor] = Of(opaque)._sender;
        }
    }

    [UnmanagedCallersOnly]
    private static void Closing(int descriptor, nint opaque) => Of(opaque)._owners.Remove(descriptor);

    [UnmanagedCallersOnly]
    private static void Notified(nint opaque)
    {
        // Only called on our own thread, which looks at everything before it waits.
    }

    [UnmanagedCallersOnly]
    private static int AddPoll(int descriptor, int events, nint opaque)
    {
        var rows = Of(opaque)._rows;
        rows.Add(new PollEntry
        {
            Descriptor = descriptor,
            Wanted = ((events & PollIn) != 0 ? PollEvents.Readable : 0) | ((events & PollOut) != 0 ? PollEvents.Writable : 0) | ((events & PollUrgent) != 0 ? PollEvents.Urgent : 0),
        });
        return rows.Count - 1;
    }

    [UnmanagedCallersOnly]
    private static int Happened(int index, nint opaque)
    {
        var happened = Of(opaque)._rows[index].Happened;
        return (happened.HasFlag(PollEvents.Readable) ? PollIn : 0) | (happened.HasFlag(PollEvents.Writable) ? PollOut : 0) | (happened.HasFlag(PollEvents.Urgent) ? PollUrgent : 0)
            | (happened.HasFlag(PollEvents.Error) ? PollError : 0) | (happened.HasFlag(PollEvents.HangUp) ? PollHangUp : 0);
    }

    /// <summary>A timer of the library; its handle is its place in the list, from one.</summary>
    private sealed class Timer(nint callback, nint opaque)
    {
        /// <summary>When it fires, in milliseconds of the clock; 0: not at all.</summary>
        public long At { get; set; }

        // SAFETY: the library gave the function and its argument, and ends the timer before they go.
        public void Run() => ((delegate* unmanaged<nint, void>)callback)(opaque);
    }
}
