using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>A handler that sends itself the next event must not keep the interrupted code from running for ever (Linux with PREEMPT_RT).</summary>
public sealed class SelfSendingTests
{
    [Fact]
    public void The_interrupted_code_gets_its_turn()
    {
        const ulong Shared = 1;
        var kernel = new PvKernel().MapSharedInfo(Shared);
        var handler = kernel.Asm.CreateLabel();
        var callback = kernel.Data(new byte[16]);
        kernel.Asm.lea(r14, __[callback]);
        kernel.Asm.lea(r15, __[handler]);
        kernel.Asm.mov(__qword_ptr[r14 + 8], r15);
        kernel.Call(HypercallNumber.CallbackOp, 0UL, callback);
        var ipi = kernel.Data(new byte[8]);
        kernel.Call(HypercallNumber.EventChannelOp, 7UL, ipi);
        kernel.Asm.lea(rbx, __[ipi]);
        kernel.Asm.mov(eax, __dword_ptr[rbx + 4]);
        kernel.Asm.mov(__dword_ptr[rbx], eax);
        kernel.Asm.mov(r15, PvKernel.Scratch(Shared));
        kernel.Asm.mov(__byte_ptr[r15 + 1], 0); // unmask
        kernel.Call(HypercallNumber.EventChannelOp, 4UL, ipi);

        // Reached only if one of the upcalls lets it pass.
        kernel.Asm.mov(rax, 1);
        kernel.Record("passed").Shutdown();

        kernel.Enter(handler);
        kernel.Asm.push(rcx);
        kernel.Asm.push(r11);
        kernel.Asm.push(rax);
        kernel.Asm.mov(r15, PvKernel.Scratch(Shared));
        kernel.Asm.mov(__byte_ptr[r15], 0); // upcall pending
        kernel.Asm.mov(__qword_ptr[r15 + 2048], 0); // port bits
        kernel.Asm.mov(__qword_ptr[r15 + 8], 0); // selector
        kernel.Call(HypercallNumber.EventChannelOp, 4UL, ipi);
        kernel.Asm.pop(rax);
        kernel.Asm.pop(r11);
        kernel.Asm.pop(rcx);
        kernel.Leave();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(1UL, run["passed"]);
    }
}
