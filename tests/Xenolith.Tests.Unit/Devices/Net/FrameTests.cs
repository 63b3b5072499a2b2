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
