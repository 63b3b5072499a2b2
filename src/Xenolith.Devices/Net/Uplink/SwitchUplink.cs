using System.Runtime.InteropServices;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Net.Switch;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>
/// A switch's way to the world: a port like any other, behind which libslirp plays the router. A process of its own, since what libslirp reads
/// comes from guests. Owned by one thread.
/// </summary>
public sealed class SwitchUplink : IDisposable
{
    /// <summary>The port's name on its switch.</summary>
    public const string PortName = "uplink";

    private const int Room = 68 << 10;

    private readonly SwitchPort _port;
    private readonly SlirpStack _stack;
    private readonly byte[] _frame = GC.AllocateArray<byte>(Room, pinned: true);
    private readonly MemoryRun[] _into;
    private readonly MemoryRun[] _from = new MemoryRun[1];
    private readonly PollEntry[] _waits = new PollEntry[IPacketChannel.MostWaits];
    private PollEntry[] _rows = new PollEntry[64];

    /// <summary>Starts libslirp behind a port; <see cref="DllNotFoundException"/> names the package if it is not there.</summary>
    public SwitchUplink(SwitchPort port, SlirpNetwork network)
    {
        _port = port;
        _stack = new SlirpStack(network, Send);
        _into = [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_frame, 0), Room)];
    }

    /// <summary>Ports that are connected now.</summary>
    public int Peers => _port.Peers;

    /// <summary>Carries what there is, then waits for more, at most so long.</summary>
    public void Turn(int milliseconds)
    {
        while (_port.Receive(_into, out var header) is >= 0 and var length)
        {
            Take(length, header);
        }

        var stack = _stack.Waits(ref milliseconds);
        var own = _port.AddWaits(_waits, receive: true, send: false, ref milliseconds);
        if (_rows.Length < stack.Length + own)
        {
            _rows = new PollEntry[2 * (stack.Length + own)];
        }

        stack.CopyTo(_rows);
        _waits.AsSpan(0, own).CopyTo(_rows.AsSpan(stack.Length));
        Poller.Wait(_rows.AsSpan(0, stack.Length + own), milliseconds);
        _stack.Polled(_rows.AsSpan(0, stack.Length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stack.Dispose();
        _port.Dispose();
    }

    private void Take(int length, VnetHeader header)
    {
        if (length < FrameHeaders.Ethernet || length > Room || !FrameOffload.IsSound(in header, length))
        {
            return;
        }

        var frame = _frame.AsSpan(0, length);
        if (header.NeedsChecksum)
        {
            FrameOffload.FillChecksum(frame, in header);
        }

        // A large packet is one large TCP segment to libslirp, which ends the connection itself.
        _stack.Input(frame);
    }

    private void Send(nint address, int length)
    {
        _from[0] = new MemoryRun(address, length);
        Span<byte> destination = stackalloc byte[EthernetAddress.Size];
        Rings.MappedBytes.Copy(address, destination);
        var header = default(VnetHeader) with { Flags = VnetFlags.DataValid };
        while (_port.TrySend(in header, EthernetAddress.Read(destination), _from) == SendOutcome.Full)
        {
            // The port's patience with a peer that does not read is short, and ends in dropping.
            var milliseconds = Timeout.Infinite;
            var rows = _waits.AsSpan(0, _port.AddWaits(_waits, receive: false, send: true, ref milliseconds));
            Poller.Wait(rows, milliseconds);
        }
    }
}
