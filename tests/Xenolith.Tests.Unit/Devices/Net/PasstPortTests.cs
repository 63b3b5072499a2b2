using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class PasstPortTests : IDisposable
{
    private readonly SafeFileHandle _passt;
    private readonly PasstPort _port;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(70000, pinned: true);

    public PasstPortTests()
    {
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        _passt = theirs;
        _port = (PasstPort)PacketPorts.Open(PortKind.Passt, [ours]);
    }

    public void Dispose()
    {
        _port.Dispose();
        _passt.Dispose();
    }

    private SendOutcome Send(byte[] frame)
    {
        var pinned = GC.AllocateArray<byte>(frame.Length, pinned: true);
        frame.CopyTo(pinned, 0);
        var at = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        return _port.TrySend(default, EthernetAddress.Read(frame), [new MemoryRun(at, 14), new MemoryRun(at + 14, frame.Length - 14)]);
    }

    private byte[]? Take()
    {
        var at = Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);
        var count = _port.Receive([new MemoryRun(at, 100), new MemoryRun(at + 100, _buffer.Length - 100)], out _);
        return count < 0 ? null : _buffer[..count];
    }

    private static byte[] Framed(byte[] frame)
    {
        var bytes = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, frame.Length);
        frame.CopyTo(bytes, 4);
        return bytes;
    }

    [Fact]
    public void Frames_are_sent_after_their_length()
    {
        var frame = Packets.Tcp(1000);
        Assert.Equal(SendOutcome.Sent, Send(frame));
        var got = new byte[2000];
        Assert.Equal(frame.Length + 4, Descriptors.Read(_passt, got));
        Assert.Equal(Framed(frame), got[..(frame.Length + 4)]);
    }

    [Fact]
    public void Frames_come_out_however_the_stream_is_cut()
    {
        var frames = Enumerable.Range(0, 20).Select(i => Packets.Tcp(i * 300, seed: i)).ToList();
        var stream = frames.SelectMany(Framed).ToArray();
        var got = new List<byte[]>();
        for (var at = 0; at < stream.Length; at += 777)
        {
            Descriptors.WriteAll(_passt, stream.AsSpan(at, Math.Min(777, stream.Length - at)));
            while (Take() is { } frame)
            {
                got.Add(frame);
            }
        }

        Assert.Equal(frames, got);
    }

    [Fact]
    public void Segments_of_one_flow_come_as_one_large_packet_to_who_takes_it()
    {
        var whole = Packets.Tcp(20000);
        Assert.True(FrameOffload.TryDescribe(whole, whole.Length, true, true, 1448, out var wanted));
        Assert.True(TcpSegmenter.TryBegin(whole, in wanted, 0, out var segmenter));
        var room = new byte[2000];
        for (int length; (length = segmenter.Next(room)) != 0;)
        {
            Descriptors.WriteAll(_passt, Framed(room[..length]));
        }

        Descriptors.WriteAll(_passt, Framed(Packets.Tcp(7)));
        _port.Use(1, blankChecksums: true, largeV4: true, largeV6: true);
        var at = Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);
        var count = _port.Receive([new MemoryRun(at, 4096), new MemoryRun(at + 4096, _buffer.Length - 4096)], out var header);
        Assert.Equal(whole, _buffer[..count]);
        Assert.Equal(wanted, header);
        Assert.Equal(Packets.Tcp(7), Take());
    }

    [Fact]
    public void A_frame_half_sent_is_finished_before_the_next()
    {
        var frame = Packets.Tcp(60000);
        var sent = 0;
        SendOutcome outcome;
        while ((outcome = Send(frame)) == SendOutcome.Sent)
        {
            Assert.True(++sent < 1000);
        }

        Assert.Equal(SendOutcome.Full, outcome);
        var stream = new List<byte>();
        var piece = new byte[100_000];
        Descriptors.SetNonBlocking(_passt);
        Wait.Until(() =>
        {
            for (int count; (count = Descriptors.Read(_passt, piece)) > 0;)
            {
                stream.AddRange(piece.AsSpan(0, count));
            }

            Take();
            return stream.Count == sent * (frame.Length + 4);
        });
        Assert.Equal(Enumerable.Repeat(Framed(frame), sent).SelectMany(f => f), stream);
        Assert.Equal(SendOutcome.Sent, Send(frame));
    }

    [Fact]
    public void When_passt_ends_packets_are_dropped_and_the_reason_is_there()
    {
        _passt.Dispose();
        Assert.Null(Take());
        Assert.Contains("passt has ended", _port.Broken, StringComparison.Ordinal);
        Assert.Equal(SendOutcome.Dropped, Send(Packets.Tcp(10)));
        var milliseconds = Timeout.Infinite;
        Assert.Equal(0, _port.AddWaits(new PollEntry[2], true, true, ref milliseconds));
    }

    [Fact]
    public void Another_passt_takes_the_place_of_one_that_ended()
    {
        Descriptors.WriteAll(_passt, Framed(Packets.Tcp(100))[..50]);
        _passt.Dispose();
        Assert.Null(Take());
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        using (theirs)
        {
            _port.Exchange(ours);
            var frame = Packets.Tcp(200);
            Descriptors.WriteAll(theirs, Framed(frame));

            Assert.Equal(frame, Take());
            Assert.Null(_port.Broken);
            Assert.Equal(SendOutcome.Sent, Send(frame));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    [InlineData(70000)]
    [InlineData(-5)]
    public void A_length_that_no_frame_has_ends_it(int length)
    {
        var bytes = new byte[100];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        Descriptors.WriteAll(_passt, bytes);
        Assert.Null(Take());
        Assert.Contains($"{length} bytes", _port.Broken, StringComparison.Ordinal);
    }
}
