using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>mmu_update, update_va_mapping, mmuext_op: the PV MMU seen from a guest.</summary>
public sealed class MmuTests
{
    private const ulong Bits = 0x67, ReadOnlyBits = 0x65;

    [Fact]
    public void A_mapping_can_be_changed_and_is_in_force_at_once()
    {
        var kernel = new PvKernel();
        kernel.Store(PvKernel.Scratch(2), 0x1111).Store(PvKernel.Scratch(3), 0x2222);
        kernel.Load(PvKernel.Scratch(2)).Record("before");
        kernel.Check("result", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(2), (PvKernel.Mfn(PvKernel.ScratchPfn + 3) << 12) | Bits, 2UL);
        kernel.Load(PvKernel.Scratch(2)).Record("after").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["result"]);
        Assert.Equal(0x1111UL, run["before"]);
        Assert.Equal(0x2222UL, run["after"]);
    }

    [Fact]
    public void A_page_table_is_never_mapped_writable()
    {
        var kernel = new PvKernel();
        kernel.Asm.mov(rsi, __qword_ptr[rbp + Abi.Boot.StartInfo64.PageTableBase]);
        kernel.Asm.mov(rbx, PvKernel.VirtBase - (PvKernel.Mfn(0) << 12));
        kernel.Asm.sub(rsi, rbx);
        kernel.Asm.or(rsi, (int)Bits);
        kernel.Check("writable", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(2), null, 2UL);
        kernel.Asm.mov(rsi, __qword_ptr[rbp + Abi.Boot.StartInfo64.PageTableBase]);
        kernel.Asm.mov(rbx, PvKernel.VirtBase - (PvKernel.Mfn(0) << 12));
        kernel.Asm.sub(rsi, rbx);
        kernel.Asm.or(rsi, (int)ReadOnlyBits);
        kernel.Check("read-only", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(2), null, 2UL).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.NotEqual(0UL, run["writable"]);
        Assert.Equal(0UL, run["read-only"]);
    }

    [Fact]
    public void A_frame_of_nobody_cannot_be_mapped()
    {
        var kernel = new PvKernel();
        kernel.Check("high", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(2), (0x7fffffffUL << 12) | Bits, 2UL);
        kernel.Check("low", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(2), (5UL << 12) | Bits, 2UL).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.True((long)run["high"] < 0);
        Assert.True((long)run["low"] < 0);
    }

    [Fact]
    public void A_table_is_pinned_once_it_is_read_only_and_refused_while_it_is_writable()
    {
        const ulong Table = 5;
        var kernel = new PvKernel();
        kernel.Store(PvKernel.Scratch(Table) + (8 * 9), (PvKernel.Mfn(PvKernel.ScratchPfn + 6) << 12) | Bits);
        var pin = kernel.Words(0, PvKernel.Mfn(PvKernel.ScratchPfn + Table), 0);
        kernel.Check("writable", HypercallNumber.MmuExtOp, pin, 1UL, 0UL, 0x7ff0UL);
        kernel.Map(Table, (PvKernel.Mfn(PvKernel.ScratchPfn + Table) << 12) | ReadOnlyBits);
        kernel.Check("pin", HypercallNumber.MmuExtOp, pin, 1UL, 0UL, 0x7ff0UL);

        var update = kernel.Words((PvKernel.Mfn(PvKernel.ScratchPfn + Table) << 12) + (8 * 10), (PvKernel.Mfn(PvKernel.ScratchPfn + 7) << 12) | Bits);
        kernel.Check("update", HypercallNumber.MmuUpdate, update, 1UL, 0UL, 0x7ff0UL);
        kernel.Load(PvKernel.Scratch(Table) + (8 * 10)).Record("entry");
        var unpin = kernel.Words(4, PvKernel.Mfn(PvKernel.ScratchPfn + Table), 0);
        kernel.Check("unpin", HypercallNumber.MmuExtOp, unpin, 1UL, 0UL, 0x7ff0UL);
        kernel.Check("writable again", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(Table), (PvKernel.Mfn(PvKernel.ScratchPfn + Table) << 12) | Bits, 2UL);
        kernel.Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.NotEqual(0UL, run["writable"]);
        Assert.Equal(0UL, run["pin"]);
        Assert.Equal(0UL, run["update"]);
        Assert.Equal(PvKernel.Mfn(PvKernel.ScratchPfn + 7), (run["entry"] & 0xffffffffff000) >> 12);
        Assert.Equal(0UL, run["unpin"]);
        Assert.Equal(0UL, run["writable again"]);
    }

    [Fact]
    public void The_machine_to_physical_table_follows_MMU_MACHPHYS_UPDATE()
    {
        var mfn = PvKernel.Mfn(PvKernel.ScratchPfn + 9);
        var kernel = new PvKernel();
        var update = kernel.Words((mfn << 12) | 1, 0x4321);
        kernel.Check("update", HypercallNumber.MmuUpdate, update, 1UL, 0UL, 0x7ff0UL);
        kernel.Load(0xffff800000000000 + (8 * mfn)).Record("entry").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["update"]);
        Assert.Equal(0x4321UL, run["entry"]);
    }

    [Fact]
    public void Code_that_is_written_over_runs_as_written()
    {
        var kernel = new PvKernel();
        var routine = kernel.Data(0xb8, 1, 0, 0, 0, 0xc3); // mov eax,1; ret
        for (var i = 1; i <= 3; i++)
        {
            kernel.Asm.lea(rbx, __[routine]);
            kernel.Asm.mov(__byte_ptr[rbx + 1], (sbyte)(i * 10));
            kernel.Asm.call(rbx);
            kernel.Record($"call {i}");
        }

        kernel.Shutdown();
        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((10UL, 20UL, 30UL), (run["call 1"], run["call 2"], run["call 3"]));
    }

    /// <summary>What Linux does at boot on every AMD Zen: maps a register of the chipset uncached, and reads it without a look at the result.</summary>
    [Fact]
    public void The_chipsets_registers_read_as_where_no_device_is()
    {
        const ulong Registers = 30;
        var kernel = new PvKernel();
        kernel.Check("map", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(Registers), (0xfed80UL << 12) | 0x73, 2UL);
        kernel.Asm.mov(r15, PvKernel.Scratch(Registers) + 0x3c0);
        kernel.Asm.mov(eax, __dword_ptr[r15]);
        kernel.Record("reason").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0UL, (ulong)uint.MaxValue), (run["map"], run["reason"]));
    }
}
