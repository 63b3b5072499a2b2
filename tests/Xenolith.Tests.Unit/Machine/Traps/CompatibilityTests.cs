using Xenolith.Engine;
using Xenolith.Machine.Traps;

namespace Xenolith.Tests.Unit.Machine.Traps;

/// <summary>32-bit user code on an engine that refuses it.</summary>
public sealed class CompatibilityTests
{
    [Fact]
    public void The_process_gets_an_invalid_opcode_and_the_domain_lives()
    {
        using var bed = new GuestBed();
        bed.SetTrap(Exceptions.InvalidOpcode, GuestBed.Handler);
        ref var registers = ref bed.Vcpu.Registers;
        (registers.KernelMode, registers.Compatibility, registers.Rip) = (0, 1, 0x8048000);

        bed.Vcpu.HandleExit(ExitReason.Failed);

        Assert.Null(bed.Domain.Shutdown);
        Assert.Equal((GuestBed.Handler, (byte)0), (registers.Rip, registers.Compatibility));
        Assert.Contains("32-bit", Assert.Single(bed.Domain.Log.Lines()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_that_fails_in_the_kernel_ends_the_domain()
    {
        using var bed = new GuestBed();

        bed.Vcpu.HandleExit(ExitReason.Failed);

        Assert.Contains("the engine cannot go on", bed.Domain.CrashCause, StringComparison.Ordinal);
    }
}
