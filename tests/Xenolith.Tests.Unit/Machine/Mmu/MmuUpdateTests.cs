using Xenolith.Abi;
using Xenolith.Machine.Memory;
using static Xenolith.Abi.PageTableEntry;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

public sealed class MmuUpdateTests : IDisposable
{
    private readonly MmuBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public void The_done_count_stops_at_the_first_bad_request()
    {
        var result = _bed.Update(
            (_bed.Pointer(L1, 20), 0),
            (_bed.Pointer(L1, 21), 0),
            (_bed.Pointer(L1, 22), _bed.Entry(L4, ReadWrite)),
            (_bed.Pointer(L1, 23), 0));
        Assert.Equal(-XenErrno.EBUSY, result);
        Assert.Equal(2UL, _bed.Done);
        Assert.Equal(0UL, _bed.Word(L1, 21));
        Assert.NotEqual(0UL, _bed.Word(L1, 23));
    }

    [Fact]
    public void More_requests_than_a_page_holds_are_all_done()
    {
        var requests = Enumerable.Range(20, 400).Select(i => (_bed.Pointer(L1, i), _bed.Entry(i, ReadOnly))).ToArray();
        Assert.Equal(0, _bed.Update(requests[..250]));
        Assert.Equal(250UL, _bed.Done);
        Assert.Equal(0, _bed.Update(requests[250..]));
        Assert.All(Enumerable.Range(20, 400), i => Assert.Equal(0UL, _bed.Word(L1, i) & Writable));
    }

    [Fact]
    public void A_list_that_cannot_be_read_is_a_bad_address()
    {
        Assert.Equal(-XenErrno.EFAULT, Call(0x1000, 1));
        Assert.Equal(-XenErrno.EFAULT, Call(AddressSpace.HypervisorStart, 1));
        Assert.Equal(0, Call(0x1000, 0));
        _bed.Put(ArgumentPage, [new MmuUpdate { Pointer = _bed.Pointer(L1, 20), Value = 0 }], 4096 - 16);
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, ArgumentPage + 1), 0)));
        Assert.Equal(-XenErrno.EFAULT, Call(Address(ArgumentPage, 4096 - 16), 2));
        Assert.Equal(0UL, _bed.Word(L1, 20));
    }

    [Fact]
    public void Accessed_and_dirty_survive_only_where_asked_for()
    {
        var entry = _bed.Entry(20, ReadOnly & ~Accessed);
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20, MmuUpdate.PtUpdatePreserveAd), entry)));
        Assert.Equal(Accessed | Dirty, _bed.Word(L1, 20) & (Accessed | Dirty));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), entry)));
        Assert.Equal(0UL, _bed.Word(L1, 20) & (Accessed | Dirty));
    }

    [Fact]
    public void Machine_to_physical_entries_change_for_own_frames_only()
    {
        Assert.Equal(0, _bed.Update((_bed.Pointer(20, 0, MmuUpdate.MachPhysUpdate), 0x1234)));
        Assert.Equal(0x1234UL, _bed.Memory.MachineToPhys.Get(_bed.Mfn(20)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update(((MachineLayout.RamMfn + _bed.Memory.WindowPages - 1) << 12 | MmuUpdate.MachPhysUpdate, 1)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((0x5000 | MmuUpdate.MachPhysUpdate, 1)));
    }

    [Fact]
    public void The_guest_reads_the_machine_to_physical_table_and_cannot_write_it()
    {
        var address = AddressSpace.MachineToPhysStart + (_bed.Mfn(20) * 8);
        Assert.True(_bed.Vcpu.TryReadGuest(address, out ulong pfn));
        Assert.Equal(20UL, pfn);
        Assert.False(_bed.Vcpu.TryWriteGuest(address, 1UL));
        Assert.False(_bed.Vcpu.TryReadGuest(AddressSpace.MachineToPhysEnd - 8, out pfn));
    }

    [Fact]
    public void A_frame_that_is_no_table_is_written_as_memory()
    {
        Assert.Equal(0, _bed.Update((_bed.Pointer(20, 7), 0xabcdef)));
        Assert.Equal(0xabcdefUL, _bed.Word(20, 7));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((0x5000, 1)));
    }

    [Fact]
    public void Unknown_commands_and_domains_are_refused()
    {
        Assert.Equal(-XenErrno.ENOSYS, _bed.Update((_bed.Pointer(L1, 20, 5), 0)));
        Assert.Equal(-XenErrno.ESRCH, _bed.UpdateOf(77, (_bed.Pointer(L1, 20), 0)));
        Assert.Equal(-XenErrno.ESRCH, _bed.UpdateOf(1, (_bed.Pointer(L1, 20), 0)));
        Assert.Equal(-XenErrno.EPERM, _bed.UpdateOf(0, (_bed.Pointer(L1, 20), 0)));
        Assert.Equal(-XenErrno.ESRCH, _bed.UpdateOf((78 << 16) | Self, (_bed.Pointer(L1, 20), 0)));
        Assert.Equal(0, _bed.UpdateOf((2 << 16) | Self, (_bed.Pointer(L1, 20), 0)));
    }

    [Fact]
    public void The_engine_hears_of_changes_to_present_entries_only()
    {
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), 0)));
        Assert.Equal([$"changed {_bed.Mfn(L1):x} L1 20"], _bed.Engine.Calls);
        _bed.Engine.Calls.Clear();
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), _bed.Entry(20, ReadWrite))));
        Assert.Empty(_bed.Engine.Calls);
    }

    [Fact]
    public void Update_va_mapping_changes_the_entry_of_an_address_and_flushes_as_told()
    {
        Assert.Equal(0, _bed.UpdateVa(Address(20), 0, UpdateVaMappingFlags.Invlpg));
        Assert.Equal(0UL, _bed.Word(L1, 20));
        Assert.Contains($"local {Address(20):x}", _bed.Engine.Calls);
        Assert.Equal(0, _bed.UpdateVa(Address(20), _bed.Entry(20, ReadWrite), UpdateVaMappingFlags.TlbFlush | UpdateVaMappingFlags.All));
        Assert.Contains($"flush {ulong.MaxValue:x} all", _bed.Engine.Calls);
        _bed.SetWord(ResultPage, 1, 0xff);
        Assert.Equal(0, _bed.UpdateVa(Address(20), 0, UpdateVaMappingFlags.Invlpg | Address(ResultPage, 8)));
        Assert.Contains($"flush 1 {Address(20):x}", _bed.Engine.Calls);
    }

    [Fact]
    public void Update_va_mapping_refuses_addresses_without_an_l1_table()
    {
        Assert.Equal(-XenErrno.EINVAL, _bed.UpdateVa(0x1000, 0));
        Assert.Equal(-XenErrno.EINVAL, _bed.UpdateVa(AddressSpace.MachineToPhysStart + (_bed.Mfn(20) * 8), 0));
        Assert.Equal(-XenErrno.EINVAL, _bed.UpdateVa(0x8000_0000_0000_0000, 0));
        Assert.Equal(-XenErrno.EFAULT, _bed.UpdateVa(Address(20), 0, UpdateVaMappingFlags.TlbFlush | 0x10000));
    }

    [Fact]
    public void A_new_page_table_is_checked_when_it_is_hung_in()
    {
        _bed.MakeTable(30, (0, _bed.Entry(20, ReadWrite)));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L2, 1), _bed.Entry(30, ReadWrite))));
        Assert.Equal(FrameType.L1, _bed.Type(30));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L2, 2), _bed.Entry(20, ReadWrite))));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L2, 1), 0)));
        Assert.Equal(FrameType.None, _bed.Type(30));
    }

    [Fact]
    public void What_was_done_is_counted()
    {
        _bed.MakeTable(30);
        var before = _bed.Domain.MmuCounters().ToDictionary();
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 20), 0), (_bed.Pointer(L2, 1), _bed.Entry(30, ReadWrite))));
        var after = _bed.Domain.MmuCounters().ToDictionary();
        Assert.Equal(2, after["mmu/entries-updated"] - before["mmu/entries-updated"]);
        Assert.Equal(1, after["mmu/tables-checked"] - before["mmu/tables-checked"]);
        Assert.Equal(Pages, after["mmu/pages"]);
    }

    private long Call(ulong list, uint count) =>
        _bed.Hypercall(HypercallNumber.MmuUpdate, new(list, count, 0, Self));
}
