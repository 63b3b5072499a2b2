using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Grants;
using Xenolith.Machine.Traps;
using Xenolith.Tests.Unit.Machine.Mmu;

namespace Xenolith.Tests.Unit.Machine;

/// <summary>Bytes that the machine allocates for what guests do all the time: none.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 2000;

    private static void AssertNone(Action operation)
    {
        for (var i = 0; i < 50; i++)
        {
            operation();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            operation();
        }

        // The runtime may allocate once in a thread's life, when it first waits for a lock; an operation that allocates would do so every time.
        Assert.Equal(0, (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds);
    }

    [Fact]
    public void A_system_call_and_its_iret()
    {
        using var bed = new GuestBed();
        var vcpu = bed.Vcpu;
        vcpu.SyscallCallback = new(GuestBed.Handler, MaskEvents: true);
        var stack = vcpu.KernelRsp - 256;
        var frame = new IretFrame { Rip = 0x401000, Cs = SegmentSelector.FlatCode64, Rflags = 0x246, Rsp = 0x8000, Ss = SegmentSelector.FlatData };
        Assert.True(vcpu.TryWriteGuest(stack, in frame));
        vcpu.Registers.KernelMode = 0;

        AssertNone(() =>
        {
            vcpu.HandleExit(ExitReason.Syscall);
            vcpu.Registers.Rsp = stack;
            vcpu.Registers.Rax = HypercallNumber.Iret;
            vcpu.HandleExit(ExitReason.Hypercall);
        });
        Assert.Equal(0x401000UL, vcpu.Registers.Rip);
    }

    [Fact]
    public void A_page_fault()
    {
        using var bed = new GuestBed();
        bed.SetTrap(Exceptions.PageFault, GuestBed.Handler);
        var vcpu = bed.Vcpu;
        var stack = vcpu.Registers.Rsp;

        AssertNone(() =>
        {
            ref var registers = ref vcpu.Registers;
            (registers.ExitVector, registers.ExitAddress, registers.ExitErrorCode, registers.Rsp) = (Exceptions.PageFault, 0x1000, 4, stack);
            vcpu.HandleExit(ExitReason.Exception);
        });
    }

    [Fact]
    public void An_event_sent_and_delivered()
    {
        using var bed = new GuestBed();
        Assert.Equal(0, bed.Domain.Events.BindIpi(0, out var port));
        bed.Vcpu.EventCallback = new(GuestBed.Handler);
        var (vcpu, stack) = (bed.Vcpu, bed.Vcpu.Registers.Rsp);
        var send = bed.Put(port);

        AssertNone(() =>
        {
            bed.Call(HypercallNumber.EventChannelOp, 4, send);
            vcpu.Registers.Rsp = stack;
            BounceFrame.DeliverEvent(vcpu);
            bed.Domain.Frames.Write(bed.Domain.SharedInfoMfn, 0, stackalloc byte[64]);
            bed.Domain.Frames.Write(bed.Domain.SharedInfoMfn, SharedInfoLayout.EventPending, stackalloc byte[64]);
        });
    }

    [Fact]
    public void A_grant_mapped_and_given_back()
    {
        using var bed = new GuestBed();
        bed.Domain.Grants.SeedReserved(1, bed.Mfn(GuestBed.FreePage));

        var refused = 0;
        AssertNone(() =>
        {
            refused += bed.Domain.Grants.Map(1, writable: true, out var mapping);
            bed.Domain.Grants.Unmap(in mapping);
        });
        Assert.Equal(0, refused);
    }

    [Fact]
    public void An_emulated_instruction()
    {
        using var bed = new GuestBed();
        bed.Vcpu.TryWriteGuest(MmuBed.Address(GuestBed.CodePage), [0x0f, 0xa2]);
        var vcpu = bed.Vcpu;

        AssertNone(() =>
        {
            vcpu.Registers.Rip = MmuBed.Address(GuestBed.CodePage);
            vcpu.Registers.Rax = 1;
            vcpu.HandleExit(ExitReason.Privileged);
        });
    }

    [Fact]
    public void A_timer_set_anew()
    {
        using var bed = new GuestBed();
        bed.Vcpu.SetSingleShot(long.MaxValue / 2);
        var far = (ulong)bed.Domain.Time.Now() + 1_000_000_000_000;

        AssertNone(() => bed.Call(HypercallNumber.SetTimerOp, far));
    }
}
