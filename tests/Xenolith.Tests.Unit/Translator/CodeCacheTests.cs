using Iced.Intel;
using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>The cache's bound, and what a run costs the collector.</summary>
public class CodeCacheTests
{
    [Fact]
    public void A_full_cache_starts_again_and_the_program_does_not_notice()
    {
        using var harness = new CodeHarness(codeSize: 512 * 1024);
        const int pages = 96;
        var next = CodeHarness.Code;
        for (var i = 0; i < pages; i++)
        {
            harness.Map(next);
            var page = next;
            CodeHarness.Assemble(
                a =>
                {
                    for (var j = 0; j < 60; j++)
                    {
                        a.inc(__qword_ptr[rbx + (8 * j)]);
                    }

                    a.mov(rax, page + 4096);
                    a.jmp(rax);
                },
                page).CopyTo(harness.At(page));
            next += 4096;
        }

        harness.Map(next);
        CodeHarness.Assemble(a => a.syscall(), next).CopyTo(harness.At(next));
        harness.Registers.Rbx = CodeHarness.Data;
        const int rounds = 5;
        for (var round = 0; round < rounds; round++)
        {
            harness.Registers.Rip = CodeHarness.Code;
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
        }

        for (var j = 0; j < 60; j++)
        {
            Assert.Equal((ulong)(pages * rounds), harness.Word(CodeHarness.Data + (ulong)(8 * j)));
        }

        Assert.True(harness.Engine.Counters().Single(c => c.Key == "translator/cache-resets").Value > 0);
    }

    [Fact]
    public void Two_functions_at_one_place_of_the_branch_hash_do_not_push_each_other_out()
    {
        using var harness = new CodeHarness();
        const int calls = 1000;
        const ulong first = 0x60_0100, second = first + 0x1_0000, stranger = first + 0x7f_0000;
        foreach (var function in new[] { first, second })
        {
            harness.Map(function & ~4095UL);
            CodeHarness.Assemble(
                a =>
                {
                    a.inc(__qword_ptr[(long)CodeHarness.Data + (function == first ? 0 : 8)]);
                    a.ret();
                },
                function).CopyTo(harness.At(function));
        }

        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.mov(rcx, calls);
            a.mov(rbx, first);
            a.mov(rsi, second);
            a.Label(ref loop);
            a.call(rbx);
            a.call(rsi);
            a.dec(rcx);
            a.jne(loop);
            a.syscall();
            a.mov(rdi, stranger);
            a.jmp(rdi);
        });
        Assert.Equal(ExitReason.Hypercall, harness.Run(code));
        Assert.Equal((ulong)calls, harness.Word(CodeHarness.Data));
        Assert.Equal((ulong)calls, harness.Word(CodeHarness.Data + 8));
        Assert.True(harness.Engine.Counters().Single(c => c.Key == "translator/exits/Indirect").Value < 20);

        // Both places are taken now, and neither is for an address that has no code.
        Assert.Equal(ExitReason.Exception, harness.Vcpu.Run());
        Assert.Equal(14u, harness.Registers.ExitVector);
        Assert.Equal(stranger, harness.Registers.ExitAddress);

        // What is written over a function at its second place is seen.
        harness.Registers.Rip = CodeHarness.Code;
        CodeHarness.Assemble(a => a.ud2(), second).CopyTo(harness.At(second));
        harness.MachineFrames.NoteWrite(harness.FrameOf(second), (int)(second & 4095), 2);
        Assert.Equal(ExitReason.Exception, harness.Vcpu.Run());
        Assert.Equal(6u, harness.Registers.ExitVector);
        Assert.Equal(second, harness.Registers.Rip);
    }

    [Fact]
    public void Exits_allocate_nothing()
    {
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.syscall();
            a.mov(rax, __qword_ptr[(long)CodeHarness.Data + 0xffc]);
            a.jmp(loop);
        });
        harness.Map(CodeHarness.Data + 0x1000);
        harness.Run(code);
        for (var i = 0; i < 100; i++)
        {
            harness.Vcpu.Run();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            harness.Vcpu.Run();
        }

        // Less than a byte an exit: the runtime itself may allocate a little when it recompiles a method.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    [Fact]
    public void Faults_of_emitted_code_survive_constant_collections()
    {
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a => { a.xor(ecx, ecx); a.div(ecx); });
        var stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.Collect(0);
                _ = new byte[1000];
            }
        });
        collector.Start();
        try
        {
            for (var i = 0; i < 20_000; i++)
            {
                Assert.Equal(ExitReason.Exception, harness.Run(code));
                Assert.Equal(0U, harness.Registers.ExitVector);
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
        }
    }
}
