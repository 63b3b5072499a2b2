using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>grant_table_op: the guest maps its own table, fills an entry, and a backend uses it.</summary>
public sealed class GrantTests
{
    private const uint Reference = 9;

    [Fact]
    public void An_entry_written_through_the_guests_own_mapping_lends_the_page()
    {
        const ulong Window = 20, Lent = 21;
        var kernel = new PvKernel();
        var frames = kernel.Words(0);
        var setup = kernel.Words(0x7ff0 | (1UL << 32), 0, 0);
        kernel.Asm.lea(r14, __[setup]);
        kernel.Asm.lea(r15, __[frames]);
        kernel.Asm.mov(__qword_ptr[r14 + 16], r15);
        kernel.Check("setup", HypercallNumber.GrantTableOp, 2UL, setup, 1UL);
        kernel.Asm.lea(r15, __[frames]);
        kernel.Asm.mov(rsi, __qword_ptr[r15]);
        kernel.Asm.shl(rsi, 12);
        kernel.Asm.or(rsi, 0x63);
        kernel.Check("map", HypercallNumber.UpdateVaMapping, PvKernel.Scratch(Window), null, 2UL);
        kernel.Store(PvKernel.Scratch(Lent) + 16, 0xfeed);
        kernel.Store(PvKernel.Scratch(Window) + (Reference * 8), 1 | (PvKernel.Mfn(PvKernel.ScratchPfn + Lent) << 32));
        kernel.Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0UL, 0UL), (run["setup"], run["map"]));
        var word = new byte[8];
        Assert.Equal(GrantStatus.Okay, run.Domain.Grants.CopyFrom(Reference, 16, word));
        Assert.Equal(0xfeedUL, BitConverter.ToUInt64(word));
        Assert.Equal(GrantStatus.GeneralError, run.Domain.Grants.CopyFrom(Reference + 1, 0, word));
    }

    [Fact]
    public void A_page_granted_to_oneself_is_seen_at_another_address_until_it_is_unmapped()
    {
        const ulong Window = 20, Lent = 21, Mapped = 22, Domain = 7;
        var kernel = new PvKernel();
        var frames = kernel.Words(0);
        var setup = kernel.Words(0x7ff0 | (1UL << 32), 0, 0);
        var map = kernel.Words(PvKernel.Scratch(Mapped), 2 | ((ulong)Reference << 32), Domain, 0);
        var unmap = kernel.Words(PvKernel.Scratch(Mapped), 0, 0);
        kernel.Asm.lea(r14, __[setup]);
        kernel.Asm.lea(r15, __[frames]);
        kernel.Asm.mov(__qword_ptr[r14 + 16], r15);
        kernel.Call(HypercallNumber.GrantTableOp, 2UL, setup, 1UL);
        kernel.Asm.lea(r15, __[frames]);
        kernel.Asm.mov(rsi, __qword_ptr[r15]);
        kernel.Asm.shl(rsi, 12);
        kernel.Asm.or(rsi, 0x63);
        kernel.Call(HypercallNumber.UpdateVaMapping, PvKernel.Scratch(Window), null, 2UL);
        kernel.Store(PvKernel.Scratch(Lent) + 16, 0xfeed);
        kernel.Call(HypercallNumber.UpdateVaMapping, PvKernel.Scratch(Mapped), 0UL, 2UL);
        kernel.Store(PvKernel.Scratch(Window) + (Reference * 8), 1 | (Domain << 16) | (PvKernel.Mfn(PvKernel.ScratchPfn + Lent) << 32));
        kernel.Check("map", HypercallNumber.GrantTableOp, 0UL, map, 1UL);
        kernel.Load(PvKernel.Scratch(Mapped) + 16).Record("seen");
        kernel.Store(PvKernel.Scratch(Mapped) + 24, 0xbeef);
        kernel.Load(PvKernel.Scratch(Lent) + 24).Record("written");
        kernel.Asm.lea(r14, __[map]);
        kernel.Asm.mov(rax, __qword_ptr[r14 + 16]);
        kernel.Record("status");
        kernel.Asm.mov(eax, __dword_ptr[r14 + 20]);
        kernel.Asm.lea(r15, __[unmap]);
        kernel.Asm.mov(__qword_ptr[r15 + 16], rax);
        kernel.Check("unmap", HypercallNumber.GrantTableOp, 1UL, unmap, 1UL);
        kernel.Asm.lea(r15, __[unmap]);
        kernel.Asm.mov(eax, __dword_ptr[r15 + 20]);
        kernel.Record("gone");
        kernel.Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((0UL, 0UL), (run["map"], run["status"] >> 16 & 0xffff));
        Assert.Equal((0xfeedUL, 0xbeefUL), (run["seen"], run["written"]));
        Assert.Equal((0UL, 0UL), (run["unmap"], run["gone"] & 0xffff));
        Assert.Equal(0, run.Domain.Grants.InUse);
    }
}
