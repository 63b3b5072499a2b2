using CsCheck;
using Xenolith.Devices.Net.Frames;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class FrameTests
{
    [Fact]
    public void The_checksum_of_pieces_is_the_plain_sum()
        => Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[0, 300], Gen.Byte.Array[0, 5000]).Sample((a, b, c) =>
        {
            var sum = InternetChecksum.Add(0, a);
            sum = InternetChecksum.Add(sum, b, (a.Length & 1) != 0);
            sum = InternetChecksum.Add(sum, c, ((a.Length + b.Length) & 1) != 0);
            var plain = Packets.Sum([.. a, .. b, .. c], 0);
            var got = InternetChecksum.Fold(sum);

            // Zero has two forms in one's complement.
            Assert.Equal(plain % 0xffff, (uint)((got >> 8) | ((got & 0xff) << 8)) % 0xffff);
        });

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Headers_are_found(bool v6, bool tagged)
    {
        Assert.True(FrameHeaders.TryFind(Packets.Tcp(10, v6, tagged), out var headers));
        var network = tagged ? 18 : 14;
        Assert.Equal(new FrameHeaders(network, network + (v6 ? 40 : 20), v6, true, tagged), headers);
    }

    [Fact]
    public void Hostile_frames_are_parsed_without_harm()
        => Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 70000], Gen.Int[0, 3000], Gen.Bool).Sample((bytes, length, gso, real) =>
        {
            if (real)
            {
                // Mostly right headers get further.
                Packets.Tcp(100, v6: length % 2 == 0).AsSpan(0, Math.Min(30, bytes.Length)).CopyTo(bytes);
            }

            FrameHeaders.TryFind(bytes, out _);
            FrameOffload.TryDescribe(bytes, Math.Max(length, bytes.Length), true, true, gso, out _);
            if (bytes.Length > 10)
            {
                var header = VnetHeader.Read(bytes);
                if (FrameOffload.IsSound(in header, bytes.Length) && header.NeedsChecksum)
                {
                    FrameOffload.FillChecksum(bytes, in header);
                }

                if (TcpRun.TryBegin(bytes, true, true, out var run))
                {
                    run.TryAppend(bytes, bytes);
                    run.TryFinish(bytes.AsSpan(0, run.HeadersEnd).ToArray(), out _);
                }

                if (TcpSegmenter.TryBegin(bytes, in header, 0, out var segmenter))
                {
                    var room = new byte[70000];
                    var rounds = 0;
                    while (segmenter.Next(room) != 0)
                    {
                        Assert.True(++rounds <= bytes.Length);
                    }
                }
            }
        });

    [Fact]
    public void A_datagram_that_is_to_be_cut_into_segments_is_refused_also_when_it_ends_with_its_header()
    {
        const int datagram = 17, ipAndUdp = 14 + 20 + 8;
        var frame = Packets.Tcp(100, v6: false)[..ipAndUdp];
        frame[23] = datagram;

        Assert.False(FrameOffload.TryDescribe(frame, 5000, true, true, 1448, out _));
    }

    [Theory]
    [InlineData(1, 1448)]
    [InlineData(1448, 1448)]
    [InlineData(1449, 1448)]
    [InlineData(60000, 1000)]
    public void Segments_put_together_are_the_packet(int payload, int size)
    {
        var frame = Packets.Tcp(payload);
        var header = new VnetHeader(VnetFlags.NeedsChecksum, VnetGso.TcpV4, 54, (ushort)size, 34, 16);
        Assert.True(TcpSegmenter.TryBegin(frame, in header, 0, out var segmenter));
        var room = new byte[2000];
        var all = new List<byte>();
        var count = 0;
        for (int length; (length = segmenter.Next(room)) != 0; count++)
        {
            Assert.True(Packets.ChecksumIsRight(room.AsSpan(0, length)));
            Assert.Equal((uint)(1000 + all.Count), System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(room.AsSpan(38)));
            all.AddRange(room.AsSpan(54, length - 54));
            Assert.Equal(all.Count == payload, (room[47] & 8) != 0);
        }

        Assert.Equal((payload + size - 1) / size, count);
        Assert.Equal(frame[54..], all);
    }

    [Fact]
    public void What_was_cut_into_segments_is_put_together_again()
        => Gen.Select(Gen.Int[1, 60000], Gen.Int[500, 9000], Gen.Bool).Sample((payload, size, v6) =>
        {
            var whole = Packets.Tcp(payload, v6);
            Assert.True(FrameOffload.TryDescribe(whole, whole.Length, true, true, size, out var wanted));
            var header = wanted with { GsoSize = (ushort)size, Gso = v6 ? VnetGso.TcpV6 : VnetGso.TcpV4 };
            Assert.True(TcpSegmenter.TryBegin(whole, in header, 0, out var segmenter));
            var segments = new List<byte[]>();
            var room = new byte[10000];
            for (int length; (length = segmenter.Next(room)) != 0;)
            {
                segments.Add(room[..length]);
            }

            Assert.True(TcpRun.TryBegin(segments[0], true, true, out var run));
            foreach (var next in segments.Skip(1))
            {
                Assert.True(run.TryAppend(segments[0], next));
            }

            Assert.Equal((segments.Count, whole.Length), (run.Count, run.Length));
            var head = segments[0][..run.HeadersEnd];
            Assert.True(run.TryFinish(head, out var got));
            Assert.Equal(whole[..run.HeadersEnd], head);
            Assert.Equal(wanted, got);
        });

    [Fact]
    public void Segments_of_other_flows_gaps_and_changed_headers_are_not_taken_together()
    {
        var first = Packets.Tcp(1000);
        first[47] = 0x10;
        var next = Packets.Tcp(1000);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(next.AsSpan(38), 2000);
        bool Fits(Action<byte[]> change)
        {
            var changed = next.ToArray();
            change(changed);
            Assert.True(TcpRun.TryBegin(first, true, true, out var run));
            return run.TryAppend(first, changed);
        }

        Assert.True(Fits(_ => { }));
        foreach (var place in (int[])[0, 6, 12, 14, 15, 16, 20, 22, 23, 26, 30, 34, 36, 38, 42, 46, 47, 48, 52])
        {
            Assert.False(Fits(f => f[place] ^= 0x20), $"byte {place}");
        }

        Assert.False(TcpRun.TryBegin(first, false, true, out _));
        Assert.False(TcpRun.TryBegin(Packets.Tcp(0), true, true, out _));
    }

    [Theory]
    [InlineData("00:16:3e:12:34:56", 0x00163e123456UL)]
    [InlineData("0:16:3e:1:2:3", 0x00163e010203UL)]
    public void Addresses_are_read_and_written(string text, ulong value)
    {
        Assert.True(EthernetAddress.TryParse(text, out var address));
        Assert.Equal(value, address.Value);
        Assert.True(EthernetAddress.TryParse(address.ToString(), out var again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00:16:3e:12:34")]
    [InlineData("00:16:3e:12:34:5g")]
    [InlineData("00:16:3e:12:34:56:78")]
    [InlineData("00:16:3e:12:34:+5")]
    public void What_is_no_address_is_refused(string text) => Assert.False(EthernetAddress.TryParse(text, out _));
}
