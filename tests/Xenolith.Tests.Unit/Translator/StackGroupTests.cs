using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Groups of stack accesses with one check. That they do what the CPU does is the native oracle's to say; here: that a bad place costs little.</summary>
public class StackGroupTests
{
    [Fact]
    public void A_group_across_a_page_edge_soon_runs_in_emitted_code()
    {
        const ulong rounds = 20_000;
        using var harness = new CodeHarness();
        harness.Map(CodeHarness.Data + 0x1000);
        harness.Registers.Rsp = CodeHarness.Data + 0x1000 + 16;
        harness.Registers.Rcx = rounds;
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

        Assert.Equal((rounds, CodeHarness.Data + 0x1000 + 16), (harness.Registers.R13, harness.Registers.Rsp));
        Assert.InRange(harness.Engine.Counters().Single(counter => counter.Key == "translator/slow-instructions").Value, 1, (long)rounds / 10);
    }
}
