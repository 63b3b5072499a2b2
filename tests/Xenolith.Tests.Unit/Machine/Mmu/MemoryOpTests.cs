using Xenolith.Abi;
using Xenolith.Machine.Memory;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

public sealed class MemoryOpTests : IDisposable
{
    private const int List = 503;
    private readonly MmuBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public void A_page_given_away_unmapped_goes_back_to_the_host_and_can_be_had_again()
    {
        _bed.SetWord(20, 0, 0x1234);
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), 0)));
        Assert.Equal(1, Adjust(MemoryOp.DecreaseReservation, 0, _bed.Mfn(20)));
        Assert.Equal(511UL, _bed.Memory.TotalPages);
        Assert.Equal(AddressSpace.InvalidMachineToPhysEntry, _bed.Memory.MachineToPhys.Get(_bed.Mfn(20)));
        Assert.Contains($"forget {_bed.Mfn(20):x}", _bed.Engine.Calls);
        Assert.Equal(0, Adjust(MemoryOp.DecreaseReservation, 0, _bed.Mfn(20)));
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, 20), _bed.Entry(20, ReadWrite))));

        Assert.Equal(1, Adjust(MemoryOp.PopulatePhysmap, 0, 20));
        Assert.Equal(_bed.Mfn(20), _bed.Word(List, 0));
        Assert.Equal(20UL, _bed.Memory.MachineToPhys.Get(_bed.Mfn(20)));
        Assert.Equal(0UL, _bed.Word(20, 0));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), _bed.Entry(20, ReadWrite))));
    }

    [Fact]
    public void A_page_given_away_while_mapped_stays_until_its_last_mapping_goes()
    {
        Assert.Equal(1, Adjust(MemoryOp.DecreaseReservation, 0, _bed.Mfn(20)));
        Assert.Equal(512UL, _bed.Memory.TotalPages);
        Assert.True(_bed.Vcpu.TryWriteGuest(Address(20), 1UL));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), 0)));
        Assert.Equal(511UL, _bed.Memory.TotalPages);
    }

    [Fact]
    public void Reservations_stop_at_what_cannot_be_done_and_say_how_far_they_came()
    {
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), 0), (_bed.Pointer(L1, 21), 0)));
        Assert.Equal(2, Adjust(MemoryOp.DecreaseReservation, 0, _bed.Mfn(20), _bed.Mfn(21), 5, _bed.Mfn(22)));
        Assert.Equal(0, Adjust(MemoryOp.DecreaseReservation, 10, _bed.Mfn(22)));
        Assert.Equal(0, Adjust(MemoryOp.DecreaseReservation, 0, _bed.Domain.SharedInfoMfn + 100));
        Assert.True(_bed.Memory.TrySetMaximum(512));
        Assert.Equal(2, Adjust(MemoryOp.PopulatePhysmap, 0, 20, 21, 600));
        Assert.Equal(512UL, _bed.Memory.TotalPages);
    }

    [Fact]
    public void Larger_extents_are_contiguous_and_aligned()
    {
        Assert.Equal(1, Adjust(MemoryOp.PopulatePhysmap, 4, 600));
        var mfn = _bed.Word(List, 0);
        Assert.Equal(0UL, mfn & 15);
        Assert.Equal(615UL, _bed.Memory.MachineToPhys.Get(mfn + 15));
        Assert.Equal(528UL, _bed.Memory.TotalPages);
    }

    [Fact]
    public void An_exchange_gives_contiguous_frames_for_scattered_ones()
    {
        var scattered = new[] { 20, 22, 24, 26 };
        foreach (var pfn in scattered)
        {
            Assert.Equal(0, _bed.Update((_bed.Pointer(L1, pfn), 0)));
        }

        _bed.Put(List, scattered.Select(_bed.Mfn).ToArray());
        _bed.Put(List, new ulong[] { 20 }, 2048);
        Assert.Equal(0, _bed.MemoryCall(MemoryOp.Exchange, Exchange(4, 0, 1, 2)));
        Assert.Equal(4UL, _bed.Argument<MemoryExchange>().Exchanged);
        var mfn = _bed.Word(List, 256);
        Assert.Equal(0UL, mfn & 3);
        Assert.Equal(23UL, _bed.Memory.MachineToPhys.Get(mfn + 3));
        Assert.Equal(512UL, _bed.Memory.TotalPages);
        Assert.False(_bed.Memory.Table.Exists(_bed.Mfn(22)));
    }

    [Fact]
    public void An_exchange_of_mapped_frames_is_refused_and_undone()
    {
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), 0)));
        _bed.Put(List, new[] { _bed.Mfn(20), _bed.Mfn(21) });
        _bed.Put(List, new ulong[] { 20 }, 2048);
        Assert.Equal(-XenErrno.EINVAL, _bed.MemoryCall(MemoryOp.Exchange, Exchange(2, 0, 1, 1)));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), _bed.Entry(20, ReadWrite))));
        Assert.Equal(512UL, _bed.Memory.TotalPages);
        Assert.Equal(-XenErrno.EPERM, _bed.MemoryCall(MemoryOp.Exchange, Exchange(1, 10, 1, 10)));
        Assert.Equal(-XenErrno.EINVAL, _bed.MemoryCall(MemoryOp.Exchange, Exchange(3, 0, 1, 1)));
    }

    [Fact]
    public void Figures_and_maps_are_told()
    {
        Assert.Equal(512, _bed.MemoryCall(MemoryOp.CurrentReservation, (ushort)Self));
        Assert.Equal(1024, _bed.MemoryCall(MemoryOp.MaximumReservation, (ushort)1));
        Assert.Equal(-XenErrno.ESRCH, _bed.MemoryCall(MemoryOp.MaximumReservation, (ushort)9));
        Assert.Equal(-XenErrno.ENOSYS, _bed.MemoryCall(MemoryOp.MemoryMap, new MemoryMap { EntryCount = 8, Buffer = Address(List) }));
        _bed.Memory.Map = [new MemoryMapEntry(0, 512 << 12, MemoryMapEntry.Ram)];
        Assert.Equal(0, _bed.MemoryCall(MemoryOp.MemoryMap, new MemoryMap { EntryCount = 8, Buffer = Address(List) }));
        Assert.Equal(1U, _bed.Argument<MemoryMap>().EntryCount);
        Assert.Equal(512UL << 12, _bed.Word(List, 1));
        Assert.Equal(1UL, _bed.Word(List, 2));
        Assert.Equal(0, _bed.MemoryCall(MemoryOp.MachPhysMapping, 0UL));
        Assert.Equal(AddressSpace.MachineToPhysStart, _bed.Argument<MachPhysMapping>().Start);
    }

    [Theory]
    [InlineData(MemoryOp.MachineMemoryMap, -XenErrno.EPERM)]
    [InlineData(MemoryOp.AddToPhysmap, -XenErrno.EACCES)]
    [InlineData(MemoryOp.RemoveFromPhysmap, -XenErrno.EACCES)]
    [InlineData(MemoryOp.ClaimPages, -XenErrno.EPERM)]
    [InlineData(63, -XenErrno.ENOSYS)]
    public void What_is_not_for_a_pv_domain_is_refused(int command, long error) => Assert.Equal(error, _bed.MemoryCall(command, (ushort)Self));

    private long Adjust(int command, uint order, params ulong[] extents)
    {
        _bed.Put(List, extents);
        return _bed.MemoryCall(command, new MemoryReservation
        {
            ExtentStart = Address(List),
            ExtentCount = (ulong)extents.Length,
            ExtentOrder = order,
            DomainId = (ushort)Self,
        });
    }

    private static MemoryExchange Exchange(ulong inCount, uint inOrder, ulong outCount, uint outOrder) => new()
    {
        In = new MemoryReservation { ExtentStart = Address(List), ExtentCount = inCount, ExtentOrder = inOrder, DomainId = (ushort)Self },
        Out = new MemoryReservation { ExtentStart = Address(List, 2048), ExtentCount = outCount, ExtentOrder = outOrder, DomainId = (ushort)Self },
    };
}
