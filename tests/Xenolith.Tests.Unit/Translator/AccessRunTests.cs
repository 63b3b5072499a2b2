using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>
/// Runs of accesses with one check. That they do what the CPU does is the native oracle's to say; here: that a place where the check fails costs little, and
/// that stores into the block's own code are seen.
/// </summary>
public class AccessRunTests
{
    private const ulong Rounds = 20_000;

    [Fact]
    public void A_stack_across_a_page_edge_soon_runs_in_emitted_code()
    {
        using var harness = new CodeHarness();
        harness.Map(CodeHarness.Data + 0x1000);
        harness.Registers.Rsp = CodeHarness.Data + 0x1000 + 16;
        harness.Registers.Rcx = Rounds;
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            var function = a.CreateLabel();
            a.Label(ref loop);
            a.call(function);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
            a.Label(ref function);
            a.push(rbx);
            a.push(rbp);
            a.mov(ebx, 1);
            a.push(r12);
            a.add(r13, rbx);
            a.pop(r12);
            a.pop(rbp);
            a.pop(rbx);
            a.ret();
        });

        Assert.Equal(ExitReason.Hypercall, harness.Run(code));

        Assert.Equal((Rounds, CodeHarness.Data + 0x1000 + 16), (harness.Registers.R13, harness.Registers.Rsp));
        Assert.InRange(Exits(harness), 1, (long)Rounds / 10);
    }

    // A structure on two pages, of which the second can be written, is read-only, or has code.
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_structure_across_a_page_edge_is_read_in_emitted_code(bool writable, bool code)
    {
        using var harness = new CodeHarness();
        var frame = harness.Map(CodeHarness.Data + 0x1000, writable);
        harness.MachineFrames.ChangeFlags(frame, code ? FrameFlags.Code : FrameFlags.None, FrameFlags.None);
        harness.Registers.Rbx = CodeHarness.Data + 0x1000 - 16;
        harness.Registers.Rcx = Rounds;
        harness.At(CodeHarness.Data + 0x1000)[8] = 3;

        Assert.Equal(ExitReason.Hypercall, harness.Run(CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            var unchanged = a.CreateLabel();
            a.Label(ref loop);
            a.add(__qword_ptr[rbx + 8], 1);
            a.mov(rax, __qword_ptr[rbx + 24]);
            a.add(r13, rax);
            a.cmp(rax, 3);
            a.je(unchanged);
            a.mov(__qword_ptr[rbx + 16], rax);
            a.Label(ref unchanged);
            a.push(rax);
            a.pop(rax);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        })));

        Assert.Equal((3 * Rounds, Rounds), (harness.Registers.R13, harness.Word(CodeHarness.Data + 0x1000 - 8)));
        Assert.InRange(Exits(harness), 1, (long)Rounds / 10);
    }

    [Fact]
    public void A_store_of_a_run_into_the_block_that_executes_it_counts()
    {
        using var harness = new CodeHarness();
        harness.Registers.Rbx = CodeHarness.Code;
        harness.Registers.Rcx = 40;
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.mov(rax, __qword_ptr[rbx + 0x100]);
            a.inc(__byte_ptr[rbx + 18]);
            a.mov(__qword_ptr[rbx + 0x108], rax);
            a.mov(dl, 0);
            a.movzx(edx, dl);
            a.add(r13, rdx);
            a.push(rax);
            a.pop(rax);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        });
        Assert.Equal(0xb2, code[17]);

        Assert.Equal(ExitReason.Hypercall, harness.Run(code));

        Assert.Equal(40UL * 41 / 2, harness.Registers.R13);
    }

    private static long Exits(CodeHarness harness)
        => harness.Engine.Counters().Where(counter => counter.Key is "translator/slow-instructions" || counter.Key.StartsWith("translator/exits/", StringComparison.Ordinal)).Sum(counter => counter.Value);
}
