using System.Runtime.InteropServices;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Net.Switch;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class SwitchPortTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("switch").FullName;
    private readonly DirectoryHandle _root;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(70000, pinned: true);

    public SwitchPortTests() => _root = DirectoryHandle.Open(_path);

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private SwitchPort Join(string name, string network = "bridge0") => Open(SwitchDirectory.Join(_root, network, name));

    private static SwitchPort Open(IReadOnlyList<Microsoft.Win32.SafeHandles.SafeFileHandle> descriptors)
        => (SwitchPort)PacketPorts.Open(PortKind.Switch, descriptors);

    private static byte[] Frame(int from, int to, int payload = 100)
    {
        var frame = Packets.Tcp(payload, destination: to, seed: from);
        new EthernetAddress(0x00163e000000UL | (uint)from).Write(frame.AsSpan(6));
        if (to == 0)
        {
            EthernetAddress.Broadcast.Write(frame);
        }

        return frame;
    }

    private static SendOutcome Send(SwitchPort port, byte[] frame, VnetHeader header = default)
    {
        var pinned = GC.AllocateArray<byte>(frame.Length, pinned: true);
        frame.CopyTo(pinned, 0);
        return port.TrySend(in header, EthernetAddress.Read(frame), [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), frame.Length)]);
    }

    private (VnetHeader Header, byte[] Frame)? Take(SwitchPort port)
    {
        var count = port.Receive([new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), _buffer.Length)], out var header);
        return count < 0 ? null : (header, _buffer[..count]);
    }

    private void Drain(params SwitchPort[] ports)
    {
        foreach (var port in ports)
        {
            while (Take(port) is not null)
            {
                // Connections are admitted on the way.
            }
        }
    }

    [Fact]
    public void Frames_go_to_who_has_the_address_and_to_all_while_nobody_knows()
    {
        using var a = Join("vif1.0");
        using var b = Join("vif2.0");
        using var c = Join("vif3.0");
        Drain(a, b, c);
        Assert.Equal([2, 2, 2], new[] { a, b, c }.Select(p => p.Peers));
        Send(a, Frame(1, 0));
        Assert.Equal(Frame(1, 0), Take(b)!.Value.Frame);
        Assert.Equal(Frame(1, 0), Take(c)!.Value.Frame);
        Send(b, Frame(2, 1));
        Assert.Equal(Frame(2, 1), Take(a)!.Value.Frame);
        Assert.Null(Take(c));
        Send(a, Frame(1, 2));
        Assert.Null(Take(c));
        Assert.Equal(Frame(1, 2), Take(b)!.Value.Frame);
    }

    [Fact]
    public void Large_packets_and_blank_checksums_pass_as_they_are()
    {
        using var a = Join("a");
        using var b = Join("b");
        Drain(a, b);
        var header = new VnetHeader(VnetFlags.NeedsChecksum, VnetGso.TcpV4, 54, 1448, 34, 16);
        Assert.Equal(SendOutcome.Sent, Send(a, Frame(1, 2, 65000), header));
        var (got, frame) = Take(b)!.Value;
        Assert.Equal(header, got);
        Assert.Equal(Frame(1, 2, 65000), frame);
    }

    [Fact]
    public void Switches_of_other_names_are_apart()
    {
        using var a = Join("a", "bridge0");
        using var b = Join("b", "bridge1");
        Drain(a, b);
        Send(a, Frame(1, 0));
        Assert.Null(Take(b));
        Assert.Equal(["a"], SwitchDirectory.Ports(_root, "bridge0"));
    }

    [Fact]
    public void A_peer_that_does_not_read_costs_the_sender_a_moment_and_others_nothing()
    {
        using var a = Join("a");
        using var stuck = Join("stuck");
        using var b = Join("b");
        Drain(a, stuck, b);
        Send(stuck, Frame(9, 0));
        Send(b, Frame(2, 0));
        Drain(a, b);
        var outcome = SendOutcome.Sent;
        for (var i = 0; i < 10_000 && outcome == SendOutcome.Sent; i++)
        {
            outcome = Send(a, Frame(1, 9, 60000));
        }

        Assert.Equal(SendOutcome.Full, outcome);
        var rows = new PollEntry[IPacketChannel.MostWaits];
        var milliseconds = Timeout.Infinite;
        Assert.Equal(2, a.AddWaits(rows, receive: true, send: true, ref milliseconds));
        Assert.InRange(milliseconds, 1, 20);
        Wait.Until(() => Send(a, Frame(1, 9, 60000)) == SendOutcome.Dropped);
        Assert.Equal(SendOutcome.Sent, Send(a, Frame(1, 2)));
        Assert.Equal(Frame(1, 2), Take(b)!.Value.Frame);
        Drain(stuck);
        Assert.Equal(SendOutcome.Sent, Send(a, Frame(1, 9)));

        // A frame taken now and then buys no more than a moment.
        outcome = SendOutcome.Sent;
        Wait.Until(() => (outcome = Send(a, Frame(1, 9, 60000))) == SendOutcome.Dropped);
        Assert.NotNull(Take(stuck));
        Wait.Until(() => (outcome = Send(a, Frame(1, 9, 60000))) != SendOutcome.Sent);
        milliseconds = Timeout.Infinite;
        if (outcome == SendOutcome.Full)
        {
            a.AddWaits(rows, receive: false, send: true, ref milliseconds);
            Assert.Equal(1, milliseconds);
        }
    }

    [Fact]
    public void The_dead_are_forgotten_and_their_names_cleared()
    {
        using var a = Join("a");
        var dead = Join("dead");
        Drain(a, dead);
        Send(dead, Frame(4, 0));
        Drain(a);
        dead.Dispose();
        Assert.Equal(SendOutcome.Dropped, Send(a, Frame(1, 4)));
        Assert.Equal(0, a.Peers);
        using var b = Join("b");
        Assert.Equal(["a", "b"], SwitchDirectory.Ports(_root, "bridge0").Order());
        Drain(a, b);
        Assert.Equal((1, 1), (a.Peers, b.Peers));
        SwitchDirectory.Leave(_root, "bridge0", "b");
        Assert.Equal(["a"], SwitchDirectory.Ports(_root, "bridge0"));
    }

    [Fact]
    public void Who_does_not_greet_is_shown_out()
    {
        using var a = Join("a");
        using var directory = _root.TryOpen("switch")!.TryOpen("bridge0");
        using var stranger = UnixSockets.Connect(directory!, "a", UnixSocketKind.Messages)!;
        MessageSocket.Send(stranger, "hello"u8);
        Drain(a);
        Assert.Equal(0, a.Peers);
        Assert.Throws<HostException>(() => MessageSocket.Send(stranger, "more"u8));
    }

    [Fact]
    public void Carrying_allocates_nothing()
    {
        using var a = Join("a");
        using var b = Join("b");
        Drain(a, b);
        var pinned = GC.AllocateArray<byte>(1000, pinned: true);
        Frame(1, 2).CopyTo(pinned, 0);
        MemoryRun[] from = [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), 1000)];
        MemoryRun[] into = [new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), _buffer.Length)];
        for (var i = 0; i < 2; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var good = true;
            for (var j = 0; j < 5; j++)
            {
                good &= a.TrySend(default, new EthernetAddress(0x00163e000002), from) == SendOutcome.Sent;
                good &= b.Receive(into, out _) == 1000;
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(good);
            Assert.True(i == 0 || allocated == 0, $"{allocated} bytes");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("lock")]
    public void Names_that_are_no_names_are_refused(string name) => Assert.Throws<ArgumentException>(() => SwitchDirectory.Join(_root, name, "vif1.0"));
}
