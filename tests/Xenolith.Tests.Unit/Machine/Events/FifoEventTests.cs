using CsCheck;
using Xenolith.Abi;

namespace Xenolith.Tests.Unit.Machine.Events;

/// <summary>The FIFO ABI: control blocks, event words, queues.</summary>
public sealed class FifoEventTests
{
    private const int Op = HypercallNumber.EventChannelOp;
    private const uint PendingBit = 1u << 31, MaskedBit = 1u << 30, LinkedBit = 1u << 29;
    private const int ControlPage = 50, ArrayPage = 51, Priority = 7;

    private static GuestBed WithFifo()
    {
        var bed = new GuestBed();
        Assert.Equal(0, bed.Call(Op, 11, bed.Put((bed.Mfn(ControlPage), 64u, 0u, 0UL))));
        Assert.Equal(17, bed.Get<byte>(bed.Data + 16));
        Assert.Equal(0, bed.Call(Op, 12, bed.Put(bed.Mfn(ArrayPage))));
        return bed;
    }

    private static uint BindIpi(GuestBed bed)
    {
        Assert.Equal(0, bed.Call(Op, 7, bed.Put((0u, 0u))));
        return bed.Get<uint>(bed.Data + 4);
    }

    private static void Send(GuestBed bed, uint port) => Assert.Equal(0, bed.Call(Op, 4, bed.Put(port)));

    private static uint Word(GuestBed bed, uint port) => BitConverter.ToUInt32(bed.Domain.Frames.Read(bed.Mfn(ArrayPage))[((int)port * 4)..]);

    private static void SetWord(GuestBed bed, uint port, uint value) => bed.Domain.Frames.Write(bed.Mfn(ArrayPage), (int)port * 4, BitConverter.GetBytes(value));

    private static uint Control(GuestBed bed, int offset) => BitConverter.ToUInt32(bed.Domain.Frames.Read(bed.Mfn(ControlPage))[(64 + offset)..]);

    [Fact]
    public void Events_are_linked_in_the_order_they_came()
    {
        using var bed = WithFifo();
        var (a, b, c) = (BindIpi(bed), BindIpi(bed), BindIpi(bed));

        Send(bed, b);
        Send(bed, a);
        Send(bed, c);
        Send(bed, b);

        Assert.Equal(b, Control(bed, 8 + (4 * Priority)));
        Assert.Equal(PendingBit | LinkedBit | a, Word(bed, b));
        Assert.Equal(PendingBit | LinkedBit | c, Word(bed, a));
        Assert.Equal(PendingBit | LinkedBit, Word(bed, c));
        Assert.Equal(1u << Priority, Control(bed, 0));
        Assert.True(bed.Vcpu.UpcallPending);
    }

    [Fact]
    public void A_masked_event_is_linked_at_unmask()
    {
        using var bed = WithFifo();
        var port = BindIpi(bed);
        SetWord(bed, port, MaskedBit);

        Send(bed, port);
        Assert.Equal(PendingBit | MaskedBit, Word(bed, port));
        Assert.Equal(0u, Control(bed, 0));

        Assert.Equal(0, bed.Call(Op, 9, bed.Put(port)));
        Assert.Equal(PendingBit | LinkedBit, Word(bed, port));
    }

    [Fact]
    public void A_priority_is_a_queue_of_its_own()
    {
        using var bed = WithFifo();
        var port = BindIpi(bed);

        Assert.Equal(0, bed.Call(Op, 13, bed.Put((port, 2u))));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 13, bed.Put((port, 16u))));
        Send(bed, port);

        Assert.Equal(port, Control(bed, 8 + (4 * 2)));
        Assert.Equal(1u << 2, Control(bed, 0));
    }

    [Fact]
    public void A_consumed_queue_starts_anew_at_its_head()
    {
        using var bed = WithFifo();
        var (a, b) = (BindIpi(bed), BindIpi(bed));
        Send(bed, a);
        SetWord(bed, a, 0);

        Send(bed, b);

        Assert.Equal(b, Control(bed, 8 + (4 * Priority)));
        Assert.Equal(0u, Word(bed, a));
    }

    [Fact]
    public void What_was_pending_before_is_not_lost()
    {
        using var bed = new GuestBed();
        var port = BindIpi(bed);
        Send(bed, port);
        Assert.Equal(0, bed.Call(Op, 11, bed.Put((bed.Mfn(ControlPage), 0u, 0u, 0UL))));

        Assert.Equal(0, bed.Call(Op, 12, bed.Put(bed.Mfn(ArrayPage))));

        Assert.Equal(PendingBit | LinkedBit, Word(bed, port));
    }

    [Theory]
    [InlineData(9u, 0u, XenErrno.ENOENT)]
    [InlineData(0u, 4u, XenErrno.EINVAL)]
    [InlineData(0u, 4032u, XenErrno.EINVAL)]
    public void A_control_block_must_fit_its_page(uint vcpu, uint offset, int error)
    {
        using var bed = new GuestBed();

        Assert.Equal(-error, bed.Call(Op, 11, bed.Put((bed.Mfn(ControlPage), offset, vcpu, 0UL))));
    }

    [Fact]
    public void Neither_page_may_be_a_page_table_or_someone_elses()
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 11, bed.Put((bed.Mfn(0), 0u, 0u, 0UL))));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 11, bed.Put((ulong.MaxValue, 0u, 0u, 0UL))));
        Assert.Equal(-XenErrno.EOPNOTSUPP, bed.Call(Op, 12, bed.Put(bed.Mfn(ArrayPage))));
    }

    [Fact]
    public void A_guest_that_scribbles_on_its_words_harms_nobody()
    {
        Gen.Select(Gen.Int[0, 2], Gen.UInt[0, 9], Gen.UInt).Array[1, 60].Sample(
            steps =>
            {
                using var bed = WithFifo();
                for (var i = 0; i < 5; i++)
                {
                    BindIpi(bed);
                }

                foreach (var (step, port, noise) in steps)
                {
                    switch (step)
                    {
                        case 0:
                            SetWord(bed, port, noise);
                            break;
                        case 1:
                            bed.Call(Op, 4, bed.Put(port));
                            break;
                        default:
                            bed.Call(Op, 9, bed.Put(port));
                            break;
                    }
                }

                Assert.Null(bed.Domain.Shutdown);
            },
            iter: 60);
    }

    [Fact]
    public void Reset_goes_back_to_the_two_level_abi()
    {
        using var bed = WithFifo();
        BindIpi(bed);

        Assert.Equal(0, bed.Call(Op, 10, bed.Put((ushort)0x7ff0)));

        Assert.Equal(0, bed.Domain.Events.InUse);
        Assert.Equal(-XenErrno.EOPNOTSUPP, bed.Call(Op, 12, bed.Put(bed.Mfn(ArrayPage))));
    }
}
