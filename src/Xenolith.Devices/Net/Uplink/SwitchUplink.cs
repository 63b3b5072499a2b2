using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
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

    /// <summary>Connections of all guests together at most; <see cref="ConnectionLimit"/> says how they share them.</summary>
    public const int MostConnections = 4096;

    /// <summary>Frames taken in a row: a guest that sends without end must not keep the uplink from its other sides.</summary>
    private const int FramesATurn = 64;

    private const int Room = 68 << 10;

    private readonly SwitchPort _port;
    private readonly SlirpStack _stack;
    private readonly UplinkClients _clients;
    private readonly ConnectionLimit _limit;
    private readonly Action<int> _count;
    private readonly byte[] _frame = GC.AllocateArray<byte>(Room, pinned: true);
    private readonly byte[] _segment = new byte[Room];
    private readonly MemoryRun[] _into;
    private readonly MemoryRun[] _from = new MemoryRun[1];
    private readonly PollEntry[] _waits = new PollEntry[IPacketChannel.MostWaits + 1];
    private PollEntry[] _rows = new PollEntry[64];

    /// <summary>Starts libslirp behind a port; <see cref="DllNotFoundException"/> names the package if it is not there.</summary>
    /// <param name="port">Its port on the switch.</param>
    /// <param name="listener">Where monitors connect (<see cref="UplinkDirectory"/>).</param>
    /// <param name="network">The network that it plays.</param>
    /// <param name="mostConnections">Connections of all guests together at most.</param>
    public SwitchUplink(SwitchPort port, SafeFileHandle listener, SlirpNetwork network, int mostConnections = MostConnections)
    {
        _limit = new ConnectionLimit(mostConnections);
        _count = _limit.Count;
        _port = port;
        _stack = new SlirpStack(network, Send);
        _clients = new UplinkClients(listener, _stack, network);
        _into = [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_frame, 0), Room)];
    }

    /// <summary>Whether anybody is there: ports or monitors.</summary>
    public bool IsNeeded => _port.Peers > 0 || _clients.Count > 0;

    /// <summary>Carries what there is, then waits for more, at most so long.</summary>
    public void Turn(int milliseconds)
    {
        for (var left = FramesATurn; left > 0 && _port.Receive(_into, out var header) is >= 0 and var length; left--)
        {
            Take(length, header);
            milliseconds = left == 1 ? 0 : milliseconds;
        }

        _clients.Serve();
        var stack = _stack.Waits(ref milliseconds);
        _limit.Recount();
        _stack.EachSocket(_count);
        var own = _port.AddWaits(_waits, receive: true, send: false, ref milliseconds);
        _waits[own++] = new PollEntry { Descriptor = _clients.Number, Wanted = PollEvents.Readable };
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
        _clients.Dispose();
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
        _clients.Seen(frame);
        if (!_limit.Admits(frame, _port.Sender))
        {
            return;
        }

        if (header.NeedsChecksum)
        {
            FrameOffload.FillChecksum(frame, in header);
        }

        // A large packet is one large TCP segment to libslirp, which ends the connection itself. Over IPv6 it takes none larger than its MTU.
        if (header.Gso != VnetGso.TcpV6 || !TcpSegmenter.TryBegin(frame, in header, 0, out var segmenter))
        {
            _stack.Input(frame, _port.Sender);
            return;
        }

        while (segmenter.Next(_segment) is not 0 and var part)
        {
            _stack.Input(_segment.AsSpan(0, part), _port.Sender);
        }
    }

    private void Send(nint address, int length)
    {
        _from[0] = new MemoryRun(address, length);
        var frame = Rings.MappedBytes.At(address, length);
        _clients.Leasing(frame);
        var destination = EthernetAddress.Read(frame);
        var header = default(VnetHeader) with { Flags = VnetFlags.DataValid };
        while (_port.TrySend(in header, destination, _from) == SendOutcome.Full)
        {
            // The port's patience with a peer that does not read is short, and ends in dropping.
            var milliseconds = Timeout.Infinite;
            var rows = _waits.AsSpan(0, _port.AddWaits(_waits, receive: false, send: true, ref milliseconds));
            Poller.Wait(rows, milliseconds);
        }
    }
}
