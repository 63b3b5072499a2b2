using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>Privileged instructions and processor state as a PV kernel meets them: cpuid both ways, model-specific and control registers, debug registers.</summary>
public sealed class ProcessorTests
{
    [Fact]
    public void Both_forms_of_cpuid_find_xen()
    {
        var kernel = new PvKernel();
        kernel.Asm.mov(eax, 0x4000_0000);
        kernel.Asm.cpuid();
        kernel.Asm.mov(rax, rbx);
        kernel.Record("plain");
        kernel.Asm.mov(eax, 0x4000_0000);
        kernel.Asm.db(0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2);
        kernel.Asm.mov(rax, rbx);
        kernel.Record("forced");
        kernel.Asm.mov(eax, 1);
        kernel.Asm.xor(ecx, ecx);
        kernel.Asm.cpuid();
        kernel.Asm.mov(rax, rcx);
        kernel.Record("features").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0x566e_6558UL, 0x566e_6558UL), (run["plain"], run["forced"]));
        Assert.NotEqual(0UL, run["features"] & (1u << 31));
    }

    [Fact]
    public void Bases_can_be_written_through_their_registers_and_by_hypercall()
    {
        var kernel = new PvKernel();
        kernel.Asm.mov(ecx, 0xc0000100);
        kernel.Asm.mov(eax, 0x1000);
        kernel.Asm.mov(edx, 0x7f);
        kernel.Asm.wrmsr();
        kernel.Asm.rdmsr();
        kernel.Record("fs low");
        kernel.Check("gs", HypercallNumber.SetSegmentBase, 2UL, PvKernel.Scratch(2));
        kernel.Store(PvKernel.Scratch(2) + 8, 0x5a5a);
        kernel.Asm.mov(rax, __qword_ptr.gs[8]);
        kernel.Record("through gs");
        kernel.Check("not canonical", HypercallNumber.SetSegmentBase, 0UL, 0x8000_0000_0000).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0x1000UL, 0UL, 0x5a5aUL), (run["fs low"], run["gs"], run["through gs"]));
        Assert.Equal(-XenErrno.EINVAL, (long)run["not canonical"]);
    }

    [Fact]
    public void Control_and_debug_registers_are_the_guests_own()
    {
        var kernel = new PvKernel();
        kernel.Asm.mov(rax, cr0);
        kernel.Record("cr0");
        kernel.Asm.mov(rax, 0x1234_5000);
        kernel.Asm.mov(cr2, rax);
        kernel.Asm.mov(rax, cr2);
        kernel.Record("cr2");
        kernel.Check("set dr1", HypercallNumber.SetDebugReg, 1UL, 0x4000);
        kernel.Check("dr1", HypercallNumber.GetDebugReg, 1UL);
        kernel.Check("dr in xen", HypercallNumber.SetDebugReg, 1UL, 0xffff_8000_0000_0000UL);
        kernel.Check("dr9", HypercallNumber.SetDebugReg, 9UL, 0UL).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0x8005_0033UL, 0x1234_5000UL, 0UL, 0x4000UL), (run["cr0"], run["cr2"], run["set dr1"], run["dr1"]));
        Assert.Equal((-XenErrno.EPERM, -XenErrno.ENODEV), ((long)run["dr in xen"], (long)run["dr9"]));
    }

    [Fact]
    public void The_time_page_and_the_counter_run_together()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        kernel.Load(PvKernel.Scratch(1) + 32 + 8).Record("tsc then");
        kernel.Asm.rdtsc();
        kernel.Asm.shl(rdx, 32);
        kernel.Asm.or(rax, rdx);
        kernel.Record("tsc now");
        kernel.Load(PvKernel.Scratch(1) + 32).Record("version");
        kernel.Load(PvKernel.Scratch(1) + 32 + 24).Record("scale").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.True(run["tsc now"] > run["tsc then"]);
        Assert.Equal(0UL, run["version"] & 1);
        Assert.NotEqual(0UL, run["scale"] & 0xffff_ffff);
    }

    [Fact]
    public void Segment_bases_are_for_the_guests_to_enable()
    {
        var kernel = new PvKernel();
        var handler = kernel.Asm.CreateLabel();
        kernel.Handle(6, handler);
        kernel.Asm.xor(ebx, ebx);
        kernel.Asm.cmp(rsp, 0); // flags that must survive
        kernel.Asm.wrfsbase(rax);
        kernel.Asm.rdgsbase(rcx);
        kernel.Asm.mov(rax, rbx);
        kernel.Record("refused");
        kernel.Asm.mov(rax, cr4);
        kernel.Asm.or(rax, 1 << 16);
        kernel.Asm.mov(cr4, rax);
        kernel.Asm.mov(eax, 0x1234);
        kernel.Asm.wrfsbase(rax);
        kernel.Asm.xor(eax, eax);
        kernel.Asm.rdfsbase(rax);
        kernel.Record("base").Shutdown();
        kernel.Enter(handler);
        kernel.Asm.inc(ebx);
        kernel.Asm.add(__qword_ptr[rsp], 5);
        kernel.Leave();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(2UL, run["refused"]);
        Assert.Equal(0x1234UL, run["base"]);
    }
}
