using CsCheck;
using Xenolith.Abi.Net;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Rings;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>Rings filled with anything: the device goes on or stops with a reason; nothing else happens and no page stays held.</summary>
public sealed class HostileFrontendTests
{
    [Fact]
    public void Garbage_in_the_transmit_ring_harms_nobody()
        => Gen.Select(Gen.Byte.Array[12 * 40], Gen.UInt[0, 300], Gen.Int[0, 2], Gen.Bool).Sample((slots, produced, outcome, plausible) =>
        {
            var port = new MemoryPort { Outcome = (SendOutcome)outcome };
            using var guest = new Frontend(port);
            for (var i = 0; i < 40; i++)
            {
                slots.AsSpan(i * 12, 12).CopyTo(guest.TxSlot((uint)i));
                if (plausible)
                {
                    // A page that exists, a small size, few flags: gets further in.
                    var slot = guest.TxSlot((uint)i);
                    slot[0] = (byte)(2 + (slot[0] & 63));
                    slot[1] = slot[2] = slot[3] = slot[5] = slot[7] = 0;
                    slot[6] &= 15;
                    slot[11] &= 3;
                }
            }

            guest.PublishTxIndex(produced);
            Pump(() => guest.Transmit.Pump(64, TimeSpan.Zero));
        }, iter: 500, threads: 1);

    [Fact]
    public void Garbage_in_the_receive_ring_harms_nobody()
        => Gen.Select(Gen.Byte.Array[8 * 40], Gen.UInt[0, 300], Gen.Bool, Gen.Int[14, 65000]).Sample((slots, produced, plausible, length) =>
        {
            var port = new MemoryPort();
            using var guest = new Frontend(port);
            for (var i = 0; i < 40; i++)
            {
                slots.AsSpan(i * 8, 8).CopyTo(guest.RxSlot((uint)i));
                if (plausible)
                {
                    guest.RxSlot((uint)i)[5..].Clear();
                }
            }

            for (var i = 0; i < 5; i++)
            {
                port.Put(default, Packets.Tcp(Math.Max(0, length - 54)));
            }

            guest.PublishRxIndex(produced);
            Pump(() => guest.Receive.Pump(64));
        }, iter: 300, threads: 1);

    [Fact]
    public void Headers_from_outside_may_say_anything()
        => Gen.Select(Gen.Byte.Array[10], Gen.Int[0, 66000], Gen.Int[0, 80], Gen.Bool).Sample((header, length, pages, full) =>
        {
            var port = new MemoryPort();
            using var guest = new Frontend(port, full ? Frontend.Full : Frontend.Plain);
            guest.Lend(pages);
            header[1] &= 5;
            var frame = length < 54 ? new byte[length] : Packets.Tcp(length - 54, v6: length % 2 == 0 && length > 74);
            port.Put(Xenolith.Devices.Net.Frames.VnetHeader.Read(header), frame);
            guest.Receive.Pump(10);
            while (guest.Next() is { } got)
            {
                guest.Receive.Pump(10);
            }
        }, iter: 300, threads: 1);

    [Theory]
    [InlineData(1, NetifStatus.Error)]
    [InlineData(9, NetifStatus.Error)]
    [InlineData(48, NetifStatus.Okay)]
    [InlineData(65535, NetifStatus.Okay)]
    public void A_large_packet_is_not_the_work_of_thousands(int segment, short status)
    {
        using var guest = new Frontend(new MemoryPort());
        guest.Send(Packets.Tcp(20000), NetifTxFlags.ChecksumBlank, gso: segment);
        guest.Transmit.Pump(32, TimeSpan.Zero);
        Assert.Equal(status, guest.TxAnswers()[0].Status);
    }

    [Fact]
    public void Pages_taken_back_in_the_middle_stop_the_ring()
    {
        using var guest = new Frontend(new MemoryPort());
        guest.Send(Packets.Tcp(20000), NetifTxFlags.ChecksumBlank, gso: 1448);
        guest.Memory.Revoke(Frontend.TxPages + 3);
        Assert.Contains($"grant {Frontend.TxPages + 3}", Assert.Throws<RingException>(() => guest.Transmit.Pump(32, TimeSpan.Zero)).Message, StringComparison.Ordinal);
    }

    private static void Pump(Func<bool> pump)
    {
        try
        {
            for (var i = 0; i < 20 && pump(); i++)
            {
                // More to do.
            }
        }
        catch (RingException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
