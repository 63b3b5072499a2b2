using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Segment registers in emitted code: what a kernel's change of process reads and loads needs no C#.</summary>
public class SelectorTests
{
    [Fact]
    public void Selectors_are_read_in_every_form_and_null_ones_loaded()
    {
        using var harness = new CodeHarness();
        ref var registers = ref harness.Registers;
        (registers.Ds, registers.Es, registers.Fs, registers.Gs) = (0xe02b, 0x2b, 3, 0x33);
        (registers.FsBase, registers.GsBase) = (0x1234, 0x5678);
        registers.Rax = registers.Rcx = registers.R10 = registers.Rdx = ulong.MaxValue;
        registers.Rbx = CodeHarness.Data;
        harness.At(CodeHarness.Data).Fill(0xcc);
        var code = CodeHarness.Assemble(a =>
        {
            a.mov(ax, ds);
            a.mov(r10w, es);
            a.mov(ecx, gs);
            a.mov(rdx, ds);
            a.mov(__word_ptr[rbx + 2], es);
            a.xor(esi, esi);
            a.stc();
            a.mov(ds, esi);
            a.mov(gs, esi);
            a.adc(rsi, 0); // the carry lives across the loads
            a.syscall();
        });

        Assert.Equal(ExitReason.Hypercall, harness.Run(code));

        Assert.Equal((0xffff_ffff_ffff_e02bUL, 0xffff_ffff_ffff_002bUL, 0x33UL, 0xe02bUL, 1UL), (registers.Rax, registers.R10, registers.Rcx, registers.Rdx, registers.Rsi));
        Assert.Equal([0xcc, 0xcc, 0x2b, 0, 0xcc], harness.At(CodeHarness.Data)[..5].ToArray());
        Assert.Equal((0, 0x2b, 3, 0), (registers.Ds, registers.Es, registers.Fs, registers.Gs));
        Assert.Equal((0x1234UL, 0UL), (registers.FsBase, registers.GsBase));
        Assert.DoesNotContain(harness.Engine.Counters(), counter => counter.Key == "translator/slow/Mov");
    }

    [Fact]
    public void A_selector_of_the_guests_tables_goes_to_the_machine()
    {
        using var harness = new CodeHarness();
        harness.Registers.Rax = 0x2b;
        harness.Registers.Ss = 0xe02b;

        Assert.Equal(ExitReason.Privileged, harness.Run(CodeHarness.Assemble(a => a.mov(es, eax))));
        Assert.Equal(CodeHarness.Code, harness.Registers.Rip);
    }
}
