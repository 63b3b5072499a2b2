using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

public sealed class DescriptorTests : IDisposable
{
    private const ulong Code = 0x00af9b000000ffff, CodeRing3 = 0x00affb000000ffff, TaskState = 0x0000890000000067;
    private readonly MmuBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public void A_gdt_frame_is_typed_and_its_descriptors_are_brought_to_ring_3()
    {
        _bed.MakeTable(10, (3, Code));
        Assert.Equal(0, SetGdt(16, _bed.Mfn(10)));
        Assert.Equal(FrameType.SegmentDescriptors, _bed.Type(10));
        Assert.True(_bed.Flags(10).HasFlag(FrameFlags.PageTable));
        Assert.True(_bed.Vcpu.Descriptors.TryRead(3 << 3, out var descriptor));
        Assert.Equal(CodeRing3, descriptor);
        Assert.False(_bed.Vcpu.Descriptors.TryRead(16 << 3, out _));
        Assert.Equal(-XenErrno.EBUSY, _bed.Update((_bed.Pointer(L1, 10), _bed.Entry(10, ReadWrite))));
        Assert.Equal(0, SetGdt(0));
        Assert.Equal(FrameType.None, _bed.Type(10));
    }

    [Fact]
    public void System_descriptors_and_writable_frames_are_refused()
    {
        _bed.MakeTable(10, (3, TaskState));
        Assert.Equal(-XenErrno.EINVAL, SetGdt(512, _bed.Mfn(10)));
        Assert.Equal(-XenErrno.EINVAL, SetGdt(512, _bed.Mfn(11)));
        Assert.Equal(-XenErrno.EINVAL, SetGdt(14 * 512 + 1));
        Assert.Equal(FrameType.None, _bed.Type(10));
    }

    [Fact]
    public void Update_descriptor_checks_and_stores()
    {
        _bed.MakeTable(10);
        Assert.Equal(0, SetGdt(512, _bed.Mfn(10)));
        Assert.Equal(0, Update(_bed.Pointer(10, 5), Code));
        Assert.Equal(CodeRing3, _bed.Word(10, 5));
        Assert.Equal(-XenErrno.EINVAL, Update(_bed.Pointer(10, 6), TaskState));
        Assert.Equal(-XenErrno.EINVAL, Update(_bed.Pointer(10, 6) + 4, 0));
        Assert.Equal(-XenErrno.EINVAL, Update(_bed.Pointer(L1, 6), 0));
        Assert.Equal(0, Update(_bed.Pointer(20, 6), Code));
    }

    [Fact]
    public void An_ldt_is_typed_when_it_is_used_and_let_go_when_it_changes()
    {
        _bed.MakeTable(10, (1, Code));
        Assert.Equal(0, _bed.Extended(MmuextCommand.SetLdt, Address(10), 4));
        Assert.Equal(FrameType.None, _bed.Type(10));
        Assert.True(_bed.Vcpu.Descriptors.TryRead((1 << 3) | 7, out var descriptor));
        Assert.Equal(CodeRing3, descriptor);
        Assert.Equal(FrameType.SegmentDescriptors, _bed.Type(10));
        Assert.False(_bed.Vcpu.Descriptors.TryRead((4 << 3) | 7, out _));
        Assert.Equal(0, _bed.Extended(MmuextCommand.SetLdt, 0, 0));
        Assert.Equal(FrameType.None, _bed.Type(10));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.SetLdt, Address(10, 8), 4));
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.SetLdt, Address(10), 8193));
    }

    private long SetGdt(int entries, params ulong[] frames)
    {
        _bed.Put(ArgumentPage, frames);
        return _bed.Hypercall(HypercallNumber.SetGdt, new(Address(ArgumentPage), (ulong)entries));
    }

    private long Update(ulong address, ulong descriptor) =>
        _bed.Hypercall(HypercallNumber.UpdateDescriptor, new(address, descriptor));
}
