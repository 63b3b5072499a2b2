using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>vcpu_op: a second vCPU with a context of its own, an IPI between them, runstates.</summary>
public sealed class SmpTests
{
    private const int Initialise = 0, Up = 1, Down = 2, IsUp = 3, RunstateInfo = 4;
    private static readonly ulong Context = PvKernel.Scratch(8), Flag = PvKernel.Scratch(12), Area = PvKernel.Scratch(13), Stack = PvKernel.Scratch(16);

    /// <summary>Fills a context for an entry point in the same address space.</summary>
    private static void Prepare(PvKernel kernel, Iced.Intel.Label entry)
    {
        kernel.Store(Context + VcpuGuestContextLayout.Flags, VcpuGuestContextLayout.InKernel);
        kernel.Asm.lea(r14, __[entry]);
        kernel.Asm.mov(r15, Context + VcpuGuestContextLayout.Rip);
        kernel.Asm.mov(__qword_ptr[r15], r14);
        kernel.Store(Context + VcpuGuestContextLayout.Rsp, Stack);
        kernel.Store(Context + VcpuGuestContextLayout.Cs, 0xe030);
        kernel.Store(Context + VcpuGuestContextLayout.Ss, 0xe028);
        kernel.Store(Context + VcpuGuestContextLayout.Registers + 112, 0x1234_5678); // RDI
        kernel.Asm.mov(rax, cr3);
        kernel.Asm.mov(r15, Context + VcpuGuestContextLayout.ControlRegisters + 24);
        kernel.Asm.mov(__qword_ptr[r15], rax);
    }

    [Fact]
    public void A_second_vcpu_runs_with_what_it_was_given_and_goes_down_again()
    {
        var kernel = new PvKernel();
        var (entry, wait, gone) = (kernel.Asm.CreateLabel(), kernel.Asm.CreateLabel(), kernel.Asm.CreateLabel());
        Prepare(kernel, entry);
        kernel.Check("up too early", HypercallNumber.VcpuOp, Up, 1UL);
        kernel.Check("initialise", HypercallNumber.VcpuOp, Initialise, 1UL, Context);
        kernel.Check("again", HypercallNumber.VcpuOp, Initialise, 1UL, Context);
        kernel.Check("was up", HypercallNumber.VcpuOp, IsUp, 1UL);
        kernel.Check("up", HypercallNumber.VcpuOp, Up, 1UL);
        kernel.Asm.mov(r15, Flag);
        kernel.Asm.Label(ref wait);
        kernel.Asm.pause();
        kernel.Asm.mov(rax, __qword_ptr[r15]);
        kernel.Asm.test(rax, rax);
        kernel.Asm.jz(wait);
        kernel.Record("told");
        kernel.Asm.Label(ref gone);
        kernel.Call(HypercallNumber.VcpuOp, IsUp, 1UL);
        kernel.Asm.test(rax, rax);
        kernel.Asm.jnz(gone);
        kernel.Check("is up", HypercallNumber.VcpuOp, IsUp, 1UL).Shutdown();

        kernel.Asm.Label(ref entry);
        kernel.Asm.mov(r15, Flag);
        kernel.Asm.mov(__qword_ptr[r15], rdi);
        kernel.Call(HypercallNumber.VcpuOp, Down, 1UL);
        kernel.Asm.ud2();

        using var run = KernelRun.ToPoweroff(kernel, vcpus: 2);

        Assert.Equal(-XenErrno.EINVAL, (long)run["up too early"]);
        Assert.Equal((0UL, 0UL, 0UL), (run["initialise"], run["was up"], run["up"]));
        Assert.Equal(-XenErrno.EEXIST, (long)run["again"]);
        Assert.Equal(0x1234_5678UL, run["told"]);
        Assert.Equal(0UL, run["is up"]);
    }

    [Fact]
    public void A_vcpu_that_blocks_is_woken_by_the_other_ones_ipi()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        var (entry, wait, ready) = (kernel.Asm.CreateLabel(), kernel.Asm.CreateLabel(), kernel.Asm.CreateLabel());
        Prepare(kernel, entry);
        var ipi = kernel.Data(0, 0, 0, 0, 0, 0, 0, 0);
        kernel.Check("bind", HypercallNumber.EventChannelOp, 7, ipi);
        kernel.Call(HypercallNumber.VcpuOp, Initialise, 1UL, Context);
        kernel.Call(HypercallNumber.VcpuOp, Up, 1UL);

        // Poll for the port with events masked: the other vCPU's send ends the wait.
        var ports = kernel.Words(0);
        var poll = kernel.Words(0, 1, 0);
        kernel.Asm.lea(rbx, __[ipi]);
        kernel.Asm.mov(eax, __dword_ptr[rbx + 4]);
        kernel.Asm.lea(r14, __[ports]);
        kernel.Asm.mov(__dword_ptr[r14], eax);
        kernel.Asm.lea(rbx, __[poll]);
        kernel.Asm.mov(__qword_ptr[rbx], r14);
        kernel.Store(Flag, 1);
        kernel.Check("poll", HypercallNumber.SchedOp, 3, poll);
        kernel.Load(PvKernel.Scratch(1) + 2048).Record("pending").Shutdown();

        kernel.Asm.Label(ref entry);
        kernel.Asm.mov(r15, Flag);
        kernel.Asm.Label(ref wait);
        kernel.Asm.pause();
        kernel.Asm.cmp(__qword_ptr[r15], 0);
        kernel.Asm.je(wait);
        kernel.Asm.lea(rbx, __[ipi]);
        kernel.Asm.mov(eax, __dword_ptr[rbx + 4]);
        kernel.Asm.mov(__dword_ptr[rbx], eax);
        kernel.Call(HypercallNumber.EventChannelOp, 4, ipi);
        kernel.Asm.Label(ref ready);
        kernel.Asm.pause();
        kernel.Asm.jmp(ready);

        using var run = KernelRun.ToPoweroff(kernel, vcpus: 2);

        Assert.Equal((0UL, 0UL), (run["bind"], run["poll"]));
        Assert.NotEqual(0UL, run["pending"]);
    }

    [Fact]
    public void A_registered_runstate_area_says_running()
    {
        var kernel = new PvKernel();
        var area = kernel.Words(Area);
        kernel.Check("register", HypercallNumber.VcpuOp, 5, 0UL, area);
        kernel.Load(Area).Record("state").Load(Area + 16).Record("running");
        kernel.Check("info", HypercallNumber.VcpuOp, RunstateInfo, 0UL, Area + 64);
        kernel.Load(Area + 64).Record("state now").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0UL, 0UL, 0UL, 0UL), (run["register"], run["info"], run["state"] & 0xffff_ffff, run["state now"] & 0xffff_ffff));
        Assert.NotEqual(0UL, run["running"]);
    }
}
