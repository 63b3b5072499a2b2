using System.Runtime.InteropServices;
using Xenolith.Abi;

namespace Xenolith.Tests.Unit.Machine.Hypercalls;

/// <summary>multicall: lists of hypercalls.</summary>
public sealed class MulticallTests
{
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Entry
    {
        public ulong Operation, Result, First, Second;
    }

    [Fact]
    public void Each_entry_gets_its_own_result()
    {
        using var bed = new GuestBed();
        bed.Put(new Entry { Operation = HypercallNumber.XenVersion, First = 0 });
        bed.Put(new Entry { Operation = 11 }, 64);

        Assert.Equal(0, bed.Call(HypercallNumber.Multicall, bed.Data, 2));

        Assert.Equal(0x4_0011UL, bed.Get<Entry>(bed.Data).Result);
        Assert.Equal(-XenErrno.ENOSYS, (long)bed.Get<Entry>(bed.Data + 64).Result);
    }

    [Fact]
    public void A_multicall_within_a_multicall_is_refused()
    {
        using var bed = new GuestBed();
        bed.Put(new Entry { Operation = HypercallNumber.Multicall, First = bed.Data, Second = 1 });

        Assert.Equal(0, bed.Call(HypercallNumber.Multicall, bed.Data, 1));

        Assert.Equal(-XenErrno.EINVAL, (long)bed.Get<Entry>(bed.Data).Result);
        Assert.False(bed.Vcpu.InMulticall);
    }

    [Fact]
    public void A_list_that_cannot_be_read_is_a_fault()
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.EFAULT, bed.Call(HypercallNumber.Multicall, 0x1000, 1));
        Assert.Equal(-XenErrno.EFAULT, bed.Call(HypercallNumber.Multicall, 0x1000, ulong.MaxValue));
    }

    [Fact]
    public void It_stops_for_an_event_and_goes_on_with_the_rest()
    {
        using var bed = new GuestBed();
        for (var i = 0; i < 3; i++)
        {
            bed.Put(new Entry { Operation = HypercallNumber.XenVersion }, 64 * i);
        }

        bed.Vcpu.UpcallMask = false;
        bed.Vcpu.MarkEventsPending();
        bed.Call(HypercallNumber.Multicall, bed.Data, 3);

        Assert.True(bed.Vcpu.TakeContinuation(out var rest));
        Assert.Equal((bed.Data + 64, 2UL), (rest.First, rest.Second));
    }
}
