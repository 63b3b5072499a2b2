using Iced.Intel;
using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Mappings that change under translated code, and operands that get in each other's way.</summary>
public class SharedMappingTests
{
    private const ulong TlbReach = 4096UL * 4096;

    [Fact]
    public void Two_operands_that_share_a_tlb_entry_do_not_starve_each_other()
    {
        using var harness = new CodeHarness();
        var far = CodeHarness.Data + TlbReach;
        harness.Map(far);
        "a page's worth"u8.CopyTo(harness.At(CodeHarness.Data));
        var code = CodeHarness.Assemble(a =>
        {
            a.mov(rsi, CodeHarness.Data);
            a.mov(rdi, far);
            a.mov(ecx, 14);
            a.rep.movsb();
            a.mov(rsp, far + 0x800);
            a.push(__qword_ptr[(long)CodeHarness.Data]);
            a.syscall();
        });
        Assert.Equal(ExitReason.Hypercall, harness.Run(code));
        Assert.Equal("a page's worth"u8.ToArray(), harness.At(far)[..14].ToArray());
        Assert.Equal(harness.Word(CodeHarness.Data), harness.Word(far + 0x7f8));
        Assert.Equal(0UL, harness.Registers.Rcx);
    }

    [Fact]
    public void Code_behind_an_address_changes_with_its_mapping_after_a_flush()
    {
        using var harness = new CodeHarness();
        const ulong function = 0x60_0000;
        var first = harness.Map(function);
        CodeHarness.Assemble(a => { a.mov(eax, 1); a.ret(); }, function).CopyTo(harness.At(function));
        var second = harness.Map(function);
        CodeHarness.Assemble(a => { a.mov(eax, 2); a.ret(); }, function).CopyTo(harness.At(function));
        var code = CodeHarness.Assemble(a => { a.mov(rbx, function); a.call(rbx); a.syscall(); });
        for (var i = 0; i < 6; i++)
        {
            harness.Map(function, mfn: i % 2 == 0 ? first : second);
            harness.Vcpu.FlushTlb(function);
            Assert.Equal(ExitReason.Hypercall, harness.Run(code));
            Assert.Equal(i % 2 == 0 ? 1UL : 2UL, harness.Registers.Rax);
        }
    }

    [Fact]
    public void A_direct_call_between_kernel_pages_follows_a_changed_entry()
    {
        using var harness = new CodeHarness();
        const ulong caller = 0xffff_ffff_8100_0000, function = 0xffff_ffff_8100_2000;
        harness.Map(caller);
        harness.Map(CodeHarness.Stack);
        var first = harness.Map(function);
        CodeHarness.Assemble(a => { a.mov(eax, 1); a.ret(); }, function).CopyTo(harness.At(function));
        var second = harness.Map(function);
        CodeHarness.Assemble(a => { a.mov(eax, 2); a.ret(); }, function).CopyTo(harness.At(function));
        CodeHarness.Assemble(a => { a.call(function); a.syscall(); }, caller).CopyTo(harness.At(caller));
        var old = first;
        for (var i = 0; i < 6; i++)
        {
            var now = i % 2 == 0 ? first : second;
            var entry = harness.ReadEntry(function);
            harness.Map(function, mfn: now);
            harness.MarkKernelTables(function);
            harness.Engine.PageTableEntryChanged(harness.LeafTableOf(function), 1, (int)((function >> 12) & 511), entry);
            harness.Vcpu.FlushTlb(function);
            for (var again = 0; again < 3; again++)
            {
                harness.Registers.Rip = caller;
                Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
                Assert.Equal(i % 2 == 0 ? 1UL : 2UL, harness.Registers.Rax);
            }

            old = now;
        }

        Assert.Equal(second, old);
    }

    [Fact]
    public void A_host_side_write_into_code_is_seen()
    {
        using var harness = new CodeHarness();
        Assert.Equal(ExitReason.Hypercall, harness.Run(CodeHarness.Assemble(a => { a.mov(eax, 1); a.syscall(); })));
        var changed = CodeHarness.Assemble(a => { a.mov(eax, 2); a.syscall(); });
        Assert.True(harness.MachineFrames.Write(harness.FrameOf(CodeHarness.Code), 0, changed));
        harness.Registers.Rip = CodeHarness.Code;
        Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
        Assert.Equal(2UL, harness.Registers.Rax);
    }
}
