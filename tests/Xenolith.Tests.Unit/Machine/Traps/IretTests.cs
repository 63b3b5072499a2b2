using Xenolith.Abi;

namespace Xenolith.Tests.Unit.Machine.Traps;

/// <summary>The iret hypercall.</summary>
public sealed class IretTests
{
    private static long Return(GuestBed bed, IretFrame frame)
    {
        Assert.True(bed.Vcpu.TryWriteGuest(bed.Vcpu.Registers.Rsp, in frame));
        return bed.Call(HypercallNumber.Iret);
    }

    private static IretFrame UserFrame() => new()
    {
        Rax = 0xaa,
        R11 = 0x11,
        Rcx = 0xcc,
        Rip = 0x401234,
        Cs = SegmentSelector.FlatCode64,
        Rflags = 0x246,
        Rsp = 0x7ffe_0000,
        Ss = SegmentSelector.FlatData,
    };

    [Fact]
    public void It_goes_to_user_mode_and_restores_the_registers_of_the_frame()
    {
        using var bed = new GuestBed();
        bed.Vcpu.UpcallMask = true;
        bed.Vcpu.OtherGsBase = 0x5555;

        Assert.Equal(0xaa, Return(bed, UserFrame()));

        ref var registers = ref bed.Vcpu.Registers;
        Assert.Equal(0, registers.KernelMode);
        Assert.Equal((0x401234UL, 0x7ffe_0000UL, 0xccUL, 0x11UL, 0x5555UL), (registers.Rip, registers.Rsp, registers.Rcx, registers.R11, registers.GsBase));
        Assert.False(bed.Vcpu.UpcallMask);
    }

    [Fact]
    public void A_clear_if_leaves_events_masked()
    {
        using var bed = new GuestBed();

        Return(bed, UserFrame() with { Rflags = 0x46 });

        Assert.True(bed.Vcpu.UpcallMask);
        Assert.Equal(0x200UL, bed.Vcpu.Registers.Rflags & 0x200);
    }

    [Fact]
    public void In_syscall_it_leaves_rip_and_flags_in_rcx_and_r11()
    {
        using var bed = new GuestBed();

        Return(bed, UserFrame() with { Flags = IretFrame.InSyscall });

        Assert.Equal(0x401234UL, bed.Vcpu.Registers.Rcx);
        Assert.Equal(bed.Vcpu.Registers.Rflags, bed.Vcpu.Registers.R11);
    }

    [Fact]
    public void Ring_bits_say_whether_the_kernel_goes_on()
    {
        using var bed = new GuestBed();

        Return(bed, UserFrame() with { Cs = 0xe030, Rip = GuestBed.Handler });

        Assert.Equal(1, bed.Vcpu.Registers.KernelMode);
        Assert.Equal(SegmentSelector.FlatCode64, bed.Vcpu.Registers.Cs);
    }

    [Fact]
    public void To_user_mode_without_user_tables_the_domain_crashes()
    {
        using var bed = new GuestBed();
        Assert.Equal(0, bed.Vcpu.SetInitialRoots(bed.Mfn(0)));

        Return(bed, UserFrame());

        Assert.Contains("without user page tables", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_selector_calls_the_failsafe_callback_with_the_data_selectors_in_its_frame()
    {
        using var bed = new GuestBed();
        bed.Vcpu.FailsafeCallback = new(GuestBed.Handler);
        (bed.Vcpu.Registers.Ds, bed.Vcpu.Registers.Gs) = (0x2b, 0x63);

        Return(bed, UserFrame() with { Cs = 0x1233 });

        ref var registers = ref bed.Vcpu.Registers;
        Assert.Equal((GuestBed.Handler, (byte)1), (registers.Rip, registers.KernelMode));
        Assert.Equal([0xcc, 0x11, 0x2b, 0, 0, 0x63, 0x401234, 0x1233], bed.Words(registers.Rsp, 8));
    }

    [Fact]
    public void A_frame_that_cannot_be_read_crashes_the_domain()
    {
        using var bed = new GuestBed();
        bed.Vcpu.Registers.Rsp = 0x1000;

        bed.Call(HypercallNumber.Iret);

        Assert.Contains("iret frame", bed.Domain.CrashCause, StringComparison.Ordinal);
    }
}
