using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>The vcpu_time_info page while a kernel runs. NetBSD up to 9 waits for Xen to renew it, at its start and in long delays.</summary>
public sealed class TimePageTests
{
    private const ulong TimeInfo = 32, TscTimestamp = 8, SystemTime = 16;
    private static readonly ulong Page = PvKernel.Scratch(1) + TimeInfo;

    [Fact]
    public void A_kernel_that_only_looks_sees_the_page_renewed_again_and_again()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        for (var round = 0; round < 2; round++)
        {
            var wait = kernel.Asm.CreateLabel();
            kernel.Load(Page + TscTimestamp).Record($"tsc {round}").Load(Page + SystemTime).Record($"time {round}");
            kernel.Asm.mov(r15, Page);
            kernel.Asm.mov(ebx, __dword_ptr[r15]);
            kernel.Asm.Label(ref wait);
            kernel.Asm.mov(eax, __dword_ptr[r15]);
            kernel.Asm.cmp(eax, ebx);
            kernel.Asm.je(wait);
            // Odd: just being written.
            kernel.Asm.test(eax, 1);
            kernel.Asm.jne(wait);
        }

        kernel.Load(Page + TscTimestamp).Record("tsc 2").Load(Page + SystemTime).Record("time 2").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal((ulong)run.Domain.Time.At(run[$"tsc {round}"]), run[$"time {round}"]);
            Assert.True(round == 0 || run[$"time {round}"] > run[$"time {round - 1}"], "system_time did not go on");
        }
    }

    [Fact]
    public void A_kernel_that_yields_sees_system_time_go_on()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        var wait = kernel.Asm.CreateLabel();
        kernel.Load(Page + SystemTime);
        kernel.Asm.mov(rbx, rax);
        kernel.Asm.add(rbx, 400_000_000);
        kernel.Asm.Label(ref wait);
        kernel.Call(HypercallNumber.SchedOp, 0UL).Load(Page + SystemTime);
        kernel.Asm.cmp(rax, rbx);
        kernel.Asm.jb(wait);
        kernel.Load(Page).Record("version").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["version"] & 1);
    }
}
