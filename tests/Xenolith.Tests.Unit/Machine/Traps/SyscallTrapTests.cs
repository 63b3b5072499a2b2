using Xenolith.Engine;
using Xenolith.Machine.Traps;

namespace Xenolith.Tests.Unit.Machine.Traps;

/// <summary>System calls, software interrupts and NMIs of user mode.</summary>
public sealed class SyscallTrapTests
{
    private static GuestBed InUserMode()
    {
        var bed = new GuestBed();
        bed.Vcpu.Registers.KernelMode = 0;
        bed.Vcpu.Registers.Rip = 0x401002;
        bed.Vcpu.Registers.Rflags = 0x606;
        return bed;
    }

    [Fact]
    public void Syscall_enters_the_callback_with_rip_and_flags_in_rcx_and_r11()
    {
        using var bed = InUserMode();
        bed.Vcpu.SyscallCallback = new(GuestBed.Handler, MaskEvents: true);

        bed.Vcpu.HandleExit(ExitReason.Syscall);

        ref var registers = ref bed.Vcpu.Registers;
        var frame = bed.Words(registers.Rsp, 7);
        Assert.Equal((GuestBed.Handler, 0x401002UL, 0x606UL), (registers.Rip, frame[0], frame[1]));
        Assert.True(bed.Vcpu.UpcallMask);
        Assert.Equal(0UL, registers.Rflags & 0x400);
    }

    [Fact]
    public void Without_a_callback_it_is_an_invalid_opcode_at_the_instruction()
    {
        using var bed = InUserMode();
        bed.SetTrap(Exceptions.InvalidOpcode, GuestBed.Handler);

        bed.Vcpu.HandleExit(ExitReason.Syscall);

        Assert.Equal(0x401000UL, bed.Words(bed.Vcpu.Registers.Rsp, 7)[2]);
    }

    [Theory]
    [InlineData(3, 0x401004UL, -1)]
    [InlineData(0, 0x401002UL, 0x402)]
    public void Int_n_goes_through_a_gate_of_the_right_privilege_only(byte privilege, ulong expectedRip, int expectedCode)
    {
        using var bed = InUserMode();
        bed.SetTrap(0x80, GuestBed.Handler, privilege);
        bed.SetTrap(Exceptions.GeneralProtection, GuestBed.Handler + 0x100);
        ref var registers = ref bed.Vcpu.Registers;
        (registers.ExitVector, registers.ExitInstructionLength) = (0x80, 2);

        bed.Vcpu.HandleExit(ExitReason.SoftwareInterrupt);

        var frame = bed.Words(registers.Rsp, 8);
        Assert.Equal(expectedRip, expectedCode < 0 ? frame[2] : frame[3]);
        Assert.Equal(expectedCode < 0 ? GuestBed.Handler : GuestBed.Handler + 0x100, registers.Rip);
        Assert.True(expectedCode < 0 || frame[2] == (ulong)expectedCode);
    }

    [Fact]
    public void An_nmi_is_delivered_once_and_masks_the_next_until_iret()
    {
        using var bed = new GuestBed();
        bed.SetTrap(Exceptions.Nmi, GuestBed.Handler, flags: 4);
        bed.Domain.Unpause();
        bed.Domain.Pause();
        bed.Vcpu.NmiPending = true;
        bed.Vcpu.NmiMasked = false;

        AsyncTraps.DeliverNmi(bed.Vcpu);

        Assert.Equal((false, true, GuestBed.Handler), (bed.Vcpu.NmiPending, bed.Vcpu.NmiMasked, bed.Vcpu.Registers.Rip));
    }
}
