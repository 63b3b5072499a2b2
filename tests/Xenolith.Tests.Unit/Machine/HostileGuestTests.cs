using CsCheck;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Hypercalls;
using Xenolith.Tests.Unit.Machine.Mmu;

namespace Xenolith.Tests.Unit.Machine;

/// <summary>A guest that means harm: any hypercall with any arguments over any memory, any exit in any state, must neither throw nor touch another domain.</summary>
public sealed class HostileGuestTests
{
    /// <summary>Calls that end the domain, or wait, by design; they have tests of their own.</summary>
    private static readonly int[] Ending = [HypercallNumber.SchedOp, HypercallNumber.SchedOpCompat, HypercallNumber.Iret, HypercallNumber.VcpuOp];

    private static readonly Gen<ulong> Argument = Gen.OneOf(
        Gen.ULong,
        Gen.ULong[0, 40],
        Gen.Select(Gen.Int[0, 511], Gen.Int[0, 4095], (page, offset) => MmuBed.Address(page, offset)),
        Gen.Const(0xffff_ffff_ffff_f000UL),
        Gen.Const(AddressSpace.HypervisorStart));

    [Fact]
    public void Any_hypercall_with_any_arguments_returns()
    {
        Gen.Select(Gen.Int[0, 66], Argument, Argument, Argument, Gen.ULong[0, 0x8000]).Array[1, 40]
            .Select(Gen.Byte.Array[64], (calls, noise) => (calls, noise))
            .Sample(
                run =>
                {
                    using var bed = new GuestBed(vcpus: 2);
                    for (var page = 0; page < 8; page++)
                    {
                        bed.Domain.Frames.Write(bed.Mfn(GuestBed.FreePage + page), page * 8, run.noise);
                    }

                    foreach (var (number, a, b, c, d) in run.calls)
                    {
                        if (Array.IndexOf(Ending, number) < 0)
                        {
                            HypercallDispatch.Call(bed.Vcpu, (ulong)number, new(a, b, c, d, a));
                            bed.Vcpu.TakeContinuation(out _);
                        }
                    }
                },
                iter: 400);
    }

    [Fact]
    public void Any_vcpu_op_with_any_arguments_returns()
    {
        Gen.Select(Gen.ULong[0, 16], Gen.ULong[0, 3], Argument).Array[1, 30].Sample(
            calls =>
            {
                using var bed = new GuestBed(vcpus: 2);
                foreach (var (operation, vcpu, address) in calls)
                {
                    bed.Call(HypercallNumber.VcpuOp, operation, vcpu, address);
                }
            },
            iter: 200);
    }

    [Fact]
    public void Any_privileged_instruction_in_any_state_is_dealt_with()
    {
        Gen.Select(Gen.Byte.Array[15], Argument.Array[18], Gen.Bool).Sample(
            (code, values, kernel) =>
            {
                using var bed = new GuestBed();
                ref var registers = ref bed.Vcpu.Registers;
                bed.Vcpu.TryWriteGuest(registers.Rip, code);
                for (var i = 0; i < 16; i++)
                {
                    if (i != 4)
                    {
                        Xenolith.Machine.Privileged.GeneralRegisters.Of(ref registers, i) = values[i];
                    }
                }

                registers.KernelMode = kernel ? (byte)1 : (byte)0;
                (registers.ExitVector, registers.ExitErrorCode, registers.ExitAddress) = ((uint)values[16] & 31, (uint)values[17], values[17]);
                bed.Vcpu.HandleExit(ExitReason.Privileged);
            },
            iter: 2000);
    }

    [Fact]
    public void Any_exit_in_any_state_is_dealt_with()
    {
        Gen.Select(Gen.Int[1, 5], Argument, Argument, Gen.UInt, Gen.Bool).Sample(
            (reason, rip, rsp, vector, kernel) =>
            {
                using var bed = new GuestBed();
                ref var registers = ref bed.Vcpu.Registers;
                (registers.Rip, registers.Rsp, registers.ExitVector, registers.ExitAddress) = (rip, rsp, reason == (int)ExitReason.Exception ? vector & 31 : vector, rsp);
                (registers.Rax, registers.Rdi) = (vector % 30, rip);
                registers.KernelMode = kernel ? (byte)1 : (byte)0;
                for (var i = 0; i < 32; i++)
                {
                    bed.SetTrap(i, GuestBed.Handler, (byte)(i & 7));
                }

                if (Array.IndexOf(Ending, (int)registers.Rax) < 0)
                {
                    bed.Vcpu.HandleExit((ExitReason)reason);
                }
            },
            iter: 2000);
    }
}
