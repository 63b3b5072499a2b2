using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>Hardware breakpoints as a PV kernel sets and meets them.</summary>
public sealed class BreakpointTests
{
    private const ulong DebugControlFixed = 0x400;

    [Fact]
    public void Watched_data_and_instructions_stop_the_kernel_that_set_them()
    {
        var kernel = new PvKernel();
        var handler = kernel.Asm.CreateLabel();
        var watched = kernel.Asm.CreateLabel();
        var data = PvKernel.Scratch(3);
        kernel.Handle(1, handler);
        kernel.Asm.xor(ebx, ebx);
        kernel.Check("dr0", HypercallNumber.SetDebugReg, 0UL, data);
        kernel.Asm.lea(rsi, __[watched]);
        kernel.Check("dr2", HypercallNumber.SetDebugReg, 2UL, null);
        // Four bytes written at DR0, executed at DR2.
        kernel.Check("dr7", HypercallNumber.SetDebugReg, 7UL, 0x000d_0000UL | 0x12);
        kernel.Load(data).Store(data, 5);
        kernel.Asm.mov(rax, rbx);
        kernel.Record("data");
        kernel.Asm.xor(ebx, ebx);
        kernel.Asm.mov(r13d, 7);
        kernel.Asm.Label(ref watched);
        kernel.Asm.inc(r13);
        kernel.Asm.mov(rax, rbx);
        kernel.Record("instruction");
        kernel.Asm.mov(rax, r13);
        kernel.Record("executed");
        kernel.Check("off", HypercallNumber.SetDebugReg, 7UL, 0UL);
        kernel.Asm.xor(ebx, ebx);
        kernel.Store(data, 6);
        kernel.Asm.mov(rax, rbx);
        kernel.Record("nothing");
        kernel.Check("dr7 off", HypercallNumber.GetDebugReg, 7UL).Shutdown();
        kernel.Enter(handler);
        // DR6's low bits, pushed together: as many hits as there were.
        kernel.Asm.mov(rax, dr6);
        kernel.Asm.and(eax, 15);
        kernel.Asm.shl(rbx, 4);
        kernel.Asm.or(rbx, rax);
        kernel.Asm.or(__qword_ptr[rsp + 16], 0x10000);
        kernel.Leave();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0UL, 0UL, 0UL, 0UL), (run["dr0"], run["dr2"], run["dr7"], run["off"]));
        Assert.Equal((1UL, 4UL, 8UL, 0UL), (run["data"], run["instruction"], run["executed"], run["nothing"]));
        Assert.Equal(DebugControlFixed, run["dr7 off"]);
    }

    [Fact]
    public void Ports_are_watched_only_with_debugging_extensions_and_GD_never()
    {
        const ulong ports = 0x0002_0000 | 1, extensions = 8;
        var kernel = new PvKernel();
        kernel.Check("refused", HypercallNumber.SetDebugReg, 7UL, ports);
        kernel.Check("inactive", HypercallNumber.SetDebugReg, 7UL, ports & ~1UL);
        kernel.Asm.mov(rax, cr4);
        kernel.Asm.or(rax, (int)extensions);
        kernel.Asm.mov(cr4, rax);
        kernel.Check("accepted", HypercallNumber.SetDebugReg, 7UL, ports);
        kernel.Check("shown", HypercallNumber.GetDebugReg, 7UL);
        kernel.Check("general detect", HypercallNumber.SetDebugReg, 7UL, 0x2000UL).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((-XenErrno.EPERM, -XenErrno.EPERM), ((long)run["refused"], (long)run["general detect"]));
        Assert.Equal((0UL, 0UL, ports | DebugControlFixed), (run["inactive"], run["accepted"], run["shown"]));
    }
}
