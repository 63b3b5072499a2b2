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
