using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using static Xenolith.Abi.PageTableEntry;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

public sealed class TypeRuleTests : IDisposable
{
    private readonly MmuBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public void Pinned_tables_have_their_types_and_cannot_be_cached_writable()
    {
        Assert.Equal([FrameType.L4, FrameType.L3, FrameType.L2, FrameType.L1], new[] { L4, L3, L2, L1 }.Select(_bed.Type));
        Assert.All(new[] { L4, L3, L2, L1 }, pfn => Assert.True(_bed.Flags(pfn).HasFlag(FrameFlags.PageTable)));
        Assert.Equal(FrameType.Writable, _bed.Type(FirstFree));
    }

    [Fact]
    public void Kernel_entries_are_stored_with_user_and_bit_52_and_user_entries_global()
    {
        Assert.Equal(GuestKernel | User, _bed.Word(L1, FirstFree) & (GuestKernel | User | Global));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, FirstFree), _bed.Entry(FirstFree, ReadWrite | User))));
        Assert.Equal(User | Global, _bed.Word(L1, FirstFree) & (GuestKernel | User | Global));
    }

    [Fact]
    public void Xen_fills_its_own_slots_of_an_l4()
    {
        Assert.NotEqual(0UL, _bed.Word(L4, FirstXenSlot) & Present);
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L4, FirstXenSlot), 0)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L4, LastXenSlot), 0)));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L4, LastXenSlot + 2), 0)));
    }

    [Fact]
    public void A_writable_mapping_of_a_table_is_refused_and_nothing_changes()
    {
        var before = _bed.Word(L1, L2);
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, L2), _bed.Entry(L2, ReadWrite))));
        Assert.Equal(before, _bed.Word(L1, L2));
    }

    [Fact]
    public void A_page_that_is_mapped_writable_cannot_become_a_table()
    {
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.PinL1Table, _bed.Mfn(10)));
        Assert.Equal(0UL, _bed.Done);
        _bed.Protect(10);
        _bed.Clear(10);
        Assert.Equal(0, _bed.Extended(MmuextCommand.PinL1Table, _bed.Mfn(10)));
        Assert.Equal(1UL, _bed.Done);
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, 10), _bed.Entry(10, ReadWrite))));
    }

    [Theory]
    [InlineData(WriteThrough)]
    [InlineData(CacheDisable)]
    [InlineData(Large)]
    public void Memory_types_and_large_pages_are_refused(ulong flag)
    {
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L1, 10), _bed.Entry(10, ReadWrite | flag))));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L2, 1), _bed.Entry(10, ReadWrite | flag))));
    }

    [Fact]
    public void Frames_that_are_not_the_domains_are_refused_with_xens_errors()
    {
        var free = MachineLayout.RamMfn + _bed.Memory.WindowPages - 1;
        var hidden = _bed.Memory.Hypervisor.Allocate();
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, 10), (free << 12) | ReadWrite)));
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, 10), (hidden << 12) | ReadOnly)));
        Assert.Equal(-XenErrno.EPERM, _bed.Update((_bed.Pointer(L1, 10), (5UL << 12) | ReadOnly)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L1, 10), FrameMask | ReadOnly)));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 10), (_bed.Domain.SharedInfoMfn << 12) | ReadWrite)));
        Assert.Equal(-XenErrno.EBUSY, _bed.UpdateOf(0x7ff1, (_bed.Pointer(L1, 11), _bed.Entry(11, ReadWrite))));
    }

    [Fact]
    public void A_read_only_page_of_the_hypervisor_cannot_be_mapped_writable()
    {
        var shared = _bed.Memory.Hypervisor.AllocateShared(writable: false);
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, 10), (shared << 12) | ReadWrite)));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 10), (shared << 12) | ReadOnly)));
    }

    [Fact]
    public void An_l4_may_map_itself_read_only_and_not_writable()
    {
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(L4, 300), _bed.Entry(L4, ReadWrite))));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L4, 300), _bed.Entry(L4, ReadOnly))));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L4, 300), 0)));
        Assert.Equal(FrameType.L4, _bed.Type(L4));
    }

    [Fact]
    public void Linear_tables_of_others_do_not_nest()
    {
        _bed.MakeTable(10);
        _bed.MakeTable(11);
        _bed.MakeTable(12);
        foreach (var pfn in new[] { 10, 11, 12 })
        {
            Assert.Equal(0, _bed.Extended(MmuextCommand.PinL4Table, _bed.Mfn(pfn)));
        }

        Assert.Equal(0, _bed.Update((_bed.Pointer(10, 5), _bed.Entry(11, ReadOnly))));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(11, 5), _bed.Entry(12, ReadOnly))));
        Assert.Equal(-XenErrno.EINVAL, _bed.Update((_bed.Pointer(12, 5), _bed.Entry(10, ReadOnly))));
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(11)));
        Assert.Equal(FrameType.L4, _bed.Type(11));
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(10)));
        Assert.Equal(FrameType.None, _bed.Type(11));
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(12)));
    }

    [Fact]
    public void Pinning_twice_and_unpinning_what_is_not_pinned_are_refused()
    {
        _bed.MakeTable(10);
        Assert.Equal(0, _bed.Extended(MmuextCommand.PinL1Table, _bed.Mfn(10)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.PinL1Table, _bed.Mfn(10)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.PinL2Table, _bed.Mfn(10)));
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(10)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(10)));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.UnpinTable, 0xdeadbeef));
        Assert.Equal(0, _bed.Update((_bed.Pointer(L1, 10), _bed.Entry(10, ReadWrite))));
    }

    [Fact]
    public void A_tree_is_typed_whole_by_a_pin_and_freed_whole_by_an_unpin()
    {
        _bed.MakeTable(10, (0, _bed.Entry(20, ReadWrite)), (511, _bed.Entry(21, ReadOnly)));
        _bed.MakeTable(11, (7, _bed.Entry(10, ReadWrite)));
        _bed.MakeTable(12, (7, _bed.Entry(11, ReadWrite)));
        _bed.MakeTable(13, (7, _bed.Entry(12, ReadWrite)));
        Assert.Equal(0, _bed.Extended(MmuextCommand.PinL4Table, _bed.Mfn(13)));
        Assert.Equal([FrameType.L1, FrameType.L2, FrameType.L3, FrameType.L4], new[] { 10, 11, 12, 13 }.Select(_bed.Type));
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(13)));
        Assert.All(new[] { 10, 11, 12, 13 }, pfn =>
        {
            Assert.Equal(FrameType.None, _bed.Type(pfn));
            Assert.False(_bed.Flags(pfn).HasFlag(FrameFlags.PageTable));
        });
        Assert.Equal(1UL, _bed.Memory.Table[_bed.Mfn(20)] & FrameState.TypeCountMask);
    }

    [Fact]
    public void A_pin_that_fails_deep_down_leaves_nothing_typed()
    {
        _bed.MakeTable(10, (3, _bed.Entry(20, ReadWrite)), (4, _bed.Entry(L4, ReadWrite)));
        _bed.MakeTable(11, (7, _bed.Entry(10, ReadWrite)));
        _bed.MakeTable(12, (7, _bed.Entry(11, ReadWrite)));
        _bed.MakeTable(13, (7, _bed.Entry(12, ReadWrite)));
        Assert.Equal(-XenErrno.EBUSY, _bed.Extended(MmuextCommand.PinL4Table, _bed.Mfn(13)));
        Assert.All(new[] { 10, 11, 12, 13 }, pfn => Assert.Equal(FrameType.None, _bed.Type(pfn)));
        Assert.Equal(1UL, _bed.Memory.Table[_bed.Mfn(20)] & FrameState.TypeCountMask);
    }

    [Fact]
    public void A_frame_that_somebody_may_write_loses_its_write_translations_before_it_is_checked()
    {
        _bed.MakeTable(10);
        _bed.Memory.Frames.ChangeFlags(_bed.Mfn(10), FrameFlags.WriteCached, FrameFlags.None);
        _bed.Engine.Calls.Clear();
        _bed.Engine.FlagsAtRevoke = _bed.Memory.Frames.FlagsOf;
        Assert.Equal(0, _bed.Extended(MmuextCommand.PinL1Table, _bed.Mfn(10)));
        Assert.Equal([$"revoke {_bed.Mfn(10):x} PageTable, WriteCached"], _bed.Engine.Calls);
    }

    [Fact]
    public void A_root_in_use_stays_a_table_without_its_pin()
    {
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(L4)));
        Assert.Equal(FrameType.L4, _bed.Type(L4));
        _bed.MakeTable(13, (272, _bed.Word(L4, 272)));
        _bed.Engine.Calls.Clear();
        Assert.Equal(0, _bed.Extended(MmuextCommand.NewBasePointer, _bed.Mfn(13)));
        Assert.Equal(FrameType.None, _bed.Type(L4));
        Assert.Equal(FrameType.L4, _bed.Type(13));
        Assert.Contains($"roots {_bed.Mfn(13):x} 0", _bed.Engine.Calls);
    }

    [Fact]
    public void User_roots_are_typed_and_may_be_none()
    {
        _bed.MakeTable(13);
        Assert.Equal(0, _bed.Extended(MmuextCommand.NewUserBasePointer, _bed.Mfn(13)));
        Assert.Equal((_bed.Mfn(L4), _bed.Mfn(13)), (_bed.Vcpu.KernelRootMfn, _bed.Vcpu.UserRootMfn));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.NewUserBasePointer, _bed.Mfn(20)));
        Assert.Equal(0, _bed.Extended(MmuextCommand.NewUserBasePointer, 0));
        Assert.Equal(FrameType.None, _bed.Type(13));
    }
}
