using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>memory_op, multicall, xen_version, grant_table_op and vcpu_op as a guest sees them.</summary>
public sealed class MemoryTests
{
    private const int Decrease = 1, Current = 3, Maximum = 4, Populate = 6;

    [Fact]
    public void Memory_given_back_can_be_had_again()
    {
        var kernel = new PvKernel();
        var domain = kernel.Data(0xf0, 0x7f, 0, 0);
        kernel.Check("at first", HypercallNumber.MemoryOp, Current, domain);

        // The scratch page must not be mapped when its frame goes.
        kernel.Map(12, 0);
        var frame = kernel.Words(PvKernel.Mfn(PvKernel.ScratchPfn + 12));
        var reservation = Reservation(kernel, frame);
        kernel.Check("decrease", HypercallNumber.MemoryOp, Decrease, reservation);
        kernel.Check("then", HypercallNumber.MemoryOp, Current, domain);
        kernel.Store(PvKernel.Scratch(13), PvKernel.ScratchPfn + 12);
        kernel.Asm.lea(r14, __[frame]);
        kernel.Asm.mov(__qword_ptr[r14], (int)(PvKernel.ScratchPfn + 12));
        kernel.Check("populate", HypercallNumber.MemoryOp, Populate, reservation);
        kernel.Check("at last", HypercallNumber.MemoryOp, Current, domain);
        kernel.Check("maximum", HypercallNumber.MemoryOp, Maximum, domain).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(32UL << 8, run["at first"]);
        Assert.Equal(1UL, run["decrease"]);
        Assert.Equal((32UL << 8) - 1, run["then"]);
        Assert.Equal(1UL, run["populate"]);
        Assert.Equal(32UL << 8, run["at last"]);
        Assert.Equal(32UL << 8, run["maximum"]);
    }

    [Fact]
    public void A_multicall_gives_each_entry_its_result()
    {
        var kernel = new PvKernel();
        var entries = kernel.Words(
            HypercallNumber.XenVersion, 99, 0, 0, 0, 0, 0, 0,
            63, 99, 0, 0, 0, 0, 0, 0,
            HypercallNumber.UpdateVaMapping, 99, PvKernel.Scratch(2), (PvKernel.Mfn(PvKernel.ScratchPfn + 3) << 12) | 0x67, 2, 0, 0, 0);
        kernel.Check("multicall", HypercallNumber.Multicall, entries, 3UL);
        for (var i = 0; i < 3; i++)
        {
            kernel.Asm.lea(rbx, __[entries]);
            kernel.Asm.mov(rax, __qword_ptr[rbx + (i * 64) + 8]);
            kernel.Record($"result {i}");
        }

        kernel.Shutdown();
        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["multicall"]);
        Assert.Equal(4UL, run["result 0"] >> 16);
        Assert.Equal(-38, (long)run["result 1"]);
        Assert.Equal(0UL, run["result 2"]);
    }

    [Fact]
    public void The_grant_table_has_a_size_and_frames_that_can_be_mapped()
    {
        var kernel = new PvKernel();
        var size = kernel.Data(0xf0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        kernel.Check("query", HypercallNumber.GrantTableOp, 6UL, size, 1UL);
        kernel.Asm.lea(rbx, __[size]);
        kernel.Asm.mov(eax, __dword_ptr[rbx + 8]);
        kernel.Record("maximum");
        var frames = kernel.Words(0);
        var setup = kernel.Data(0xf0, 0x7f, 0, 0, 1, 0, 0, 0, 0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        kernel.Asm.lea(rbx, __[setup]);
        kernel.Asm.lea(r15, __[frames]);
        kernel.Asm.mov(__qword_ptr[rbx + 16], r15);
        kernel.Check("setup", HypercallNumber.GrantTableOp, 2UL, setup, 1UL);
        kernel.Asm.lea(rbx, __[frames]);
        kernel.Asm.mov(rsi, __qword_ptr[rbx]);
        kernel.Asm.shl(rsi, 12);
        kernel.Asm.or(rsi, 0x67);
        kernel.Check("map", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(2), null, 2UL);

        // Entry 0 is the console's, granted to Domain-0 by the builder: flags 1, domid 0, frame.
        kernel.Load(PvKernel.Scratch(2)).Record("entry 0").Shutdown();
        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["query"]);
        Assert.True(run["maximum"] >= 4);
        Assert.Equal(0UL, run["setup"]);
        Assert.Equal(0UL, run["map"]);
        Assert.Equal(1UL, run["entry 0"] & 0xffff);
        Assert.Equal(run.Built.ConsoleMfn, run["entry 0"] >> 32);
    }

    [Fact]
    public void A_second_vcpu_is_initialised_brought_up_and_runs()
    {
        var kernel = new PvKernel();
        var second = kernel.Asm.CreateLabel();
        var context = kernel.Data(new byte[5168]);
        void Put(int offset, ulong value)
        {
            kernel.Asm.mov(rax, value);
            kernel.Asm.mov(__qword_ptr[rbx + offset], rax);
        }

        kernel.Asm.lea(rbx, __[context]);
        Put(512, 4); // VGCF_in_kernel
        kernel.Asm.lea(rax, __[second]);
        kernel.Asm.mov(__qword_ptr[rbx + 520 + 128], rax);
        Put(520 + 136, PvKernel.CodeSelector);
        Put(520 + 144, 0x202);
        Put(520 + 152, PvKernel.Scratch(21));
        foreach (var selector in new[] { 160, 168, 176, 184, 192 })
        {
            Put(520 + selector, PvKernel.DataSelector);
        }

        Put(4968, PvKernel.DataSelector);
        Put(4976, PvKernel.Scratch(21));
        kernel.Asm.mov(rax, __qword_ptr[rbp + Abi.Boot.StartInfo64.PageTableBase]);
        kernel.Asm.mov(rcx, PvKernel.VirtBase - (PvKernel.Mfn(0) << 12));
        kernel.Asm.sub(rax, rcx);
        kernel.Asm.mov(__qword_ptr[rbx + 4984 + 24], rax);
        kernel.Check("is up", HypercallNumber.VcpuOp, 3UL, 1UL, 0UL);
        kernel.Check("up too early", HypercallNumber.VcpuOp, 1UL, 1UL, 0UL);
        kernel.Check("initialise", HypercallNumber.VcpuOp, 0UL, 1UL, context);
        kernel.Check("up", HypercallNumber.VcpuOp, 1UL, 1UL, 0UL);
        kernel.Check("nobody", HypercallNumber.VcpuOp, 1UL, 40UL, 0UL);
        var wait = kernel.Asm.CreateLabel();
        kernel.Asm.mov(r15, PvKernel.Scratch(20));
        kernel.Asm.Label(ref wait);
        kernel.Asm.pause();
        kernel.Asm.mov(rax, __qword_ptr[r15]);
        kernel.Asm.test(rax, rax);
        kernel.Asm.je(wait);
        kernel.Record("from the second").Shutdown();

        kernel.Asm.Label(ref second);
        kernel.Store(PvKernel.Scratch(20), 0xabcd);
        kernel.Call(HypercallNumber.VcpuOp, 2UL, 1UL, 0UL); // down

        using var run = KernelRun.ToPoweroff(kernel, vcpus: 2);

        Assert.Equal(0UL, run["is up"]);
        Assert.True((long)run["up too early"] < 0);
        Assert.Equal(0UL, run["initialise"]);
        Assert.Equal(0UL, run["up"]);
        Assert.Equal(-2, (long)run["nobody"]);
        Assert.Equal(0xabcdUL, run["from the second"]);
    }

    private static Iced.Intel.Label Reservation(PvKernel kernel, Iced.Intel.Label frame)
    {
        var reservation = kernel.Words(0, 1, 0, 0x7ff0);
        kernel.Asm.lea(rbx, __[reservation]);
        kernel.Asm.lea(r15, __[frame]);
        kernel.Asm.mov(__qword_ptr[rbx], r15);
        return reservation;
    }
}
