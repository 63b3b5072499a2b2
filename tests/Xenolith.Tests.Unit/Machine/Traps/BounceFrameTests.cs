using Xenolith.Abi;
using Xenolith.Machine.Traps;

namespace Xenolith.Tests.Unit.Machine.Traps;

/// <summary>The frame that entering the guest's kernel pushes: { RCX, R11, [error code,] RIP, CS, RFLAGS, RSP, SS }.</summary>
public sealed class BounceFrameTests
{
    [Fact]
    public void From_user_mode_the_frame_goes_to_the_kernel_stack_and_the_mode_changes()
    {
        using var bed = new GuestBed();
        ref var registers = ref bed.Vcpu.Registers;
        registers.KernelMode = 0;
        (registers.Rcx, registers.R11, registers.Rip, registers.Rsp) = (0xc1, 0x11, 0x401000, 0x7ffe_0000_1238);
        (registers.Cs, registers.Ss, registers.Rflags) = (0x33, 0x2b, 0x246 | 0x100);
        (registers.GsBase, bed.Vcpu.OtherGsBase) = (0x1111, 0x2222);

        Assert.True(BounceFrame.Enter(bed.Vcpu, GuestBed.Handler, maskEvents: false, null));

        Assert.Equal(1, registers.KernelMode);
        Assert.Equal((bed.Vcpu.KernelRsp & ~15UL) - 56, registers.Rsp);
        Assert.Equal([0xc1, 0x11, 0x401000, 0x33, 0x246 | 0x100, 0x7ffe_0000_1238, 0x2b], bed.Words(registers.Rsp, 7));
        Assert.Equal(GuestBed.Handler, registers.Rip);
        Assert.Equal((SegmentSelector.FlatCode64, SegmentSelector.FlatData), (registers.Cs, registers.Ss));
        Assert.Equal(0UL, registers.Rflags & 0x100);
        Assert.Equal((0x2222UL, 0x1111UL), (registers.GsBase, bed.Vcpu.OtherGsBase));
    }

    [Fact]
    public void From_kernel_mode_it_goes_below_the_current_stack_with_ring_bits_cleared()
    {
        using var bed = new GuestBed();
        ref var registers = ref bed.Vcpu.Registers;
        var stack = registers.Rsp -= 8;

        Assert.True(BounceFrame.Enter(bed.Vcpu, GuestBed.Handler, maskEvents: false, errorCode: 0xabc));

        Assert.Equal((stack & ~15UL) - 64, registers.Rsp);
        Assert.Equal(0xabcUL, bed.Words(registers.Rsp, 8)[2]);
        Assert.Equal(0xe030UL, bed.Words(registers.Rsp, 8)[4]);
        Assert.Equal(stack, bed.Words(registers.Rsp, 8)[6]);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void The_upcall_mask_is_saved_with_cs_and_shown_in_if(bool masked, bool maskEvents)
    {
        using var bed = new GuestBed();
        bed.Vcpu.UpcallMask = masked;

        BounceFrame.Enter(bed.Vcpu, GuestBed.Handler, maskEvents, null);

        var frame = bed.Words(bed.Vcpu.Registers.Rsp, 7);
        Assert.Equal(masked ? 1UL : 0, frame[3] >> 32);
        Assert.Equal(masked ? 0UL : 0x200, frame[4] & 0x200);
        Assert.Equal(masked || maskEvents, bed.Vcpu.UpcallMask);
    }

    [Fact]
    public void A_stack_that_cannot_be_written_crashes_the_domain_and_says_where()
    {
        using var bed = new GuestBed();
        bed.Vcpu.Registers.KernelMode = 0;
        bed.Vcpu.KernelRsp = 0x1000;

        Assert.False(BounceFrame.Enter(bed.Vcpu, GuestBed.Handler, maskEvents: false, null));

        Assert.Equal(ShutdownReason.Crash, bed.Domain.Shutdown);
        Assert.Contains("fc8", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_in_xens_own_range_crashes_the_domain()
    {
        using var bed = new GuestBed();
        bed.Vcpu.Registers.Rsp = AddressSpace.HypervisorStart + 0x1000;

        Assert.False(BounceFrame.Enter(bed.Vcpu, GuestBed.Handler, maskEvents: false, null));

        Assert.Contains("Xen's own address range", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_without_handler_crashes_the_domain_by_name()
    {
        using var bed = new GuestBed();

        Exceptions.Inject(bed.Vcpu, Exceptions.GeneralProtection, 0x18);

        Assert.Contains("#GP (error code 18)", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_fault_carries_the_address_in_vcpu_info_and_the_mode_in_its_code()
    {
        using var bed = new GuestBed();
        bed.SetTrap(Exceptions.PageFault, GuestBed.Handler, flags: 4);
        bed.Vcpu.Registers.KernelMode = 0;

        Exceptions.InjectPageFault(bed.Vcpu, 0x1234_5678, 2);

        Assert.Equal(0x1234_5678UL, bed.Vcpu.Cr2);
        Assert.Equal(6UL, bed.Words(bed.Vcpu.Registers.Rsp, 8)[2]);
        Assert.True(bed.Vcpu.UpcallMask);
    }
}
