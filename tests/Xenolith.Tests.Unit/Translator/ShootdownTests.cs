using Iced.Intel;
using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Several vCPUs on host threads: what one takes away no other still uses.</summary>
public class ShootdownTests
{
    [Fact]
    public void After_RevokeWrites_returns_nobody_writes_the_frame() => WriteWhileRevoking(CodeHarness.Data, rounds: 200, pause: 2000);

    // No vCPU ever has a write translation of a frame with code: these stores are made in C#, and no flag of the frame tells of them.
    [Fact]
    public void After_RevokeWrites_returns_nobody_writes_the_frame_though_it_has_code() => WriteWhileRevoking(CodeHarness.Code + 0x800, rounds: 2000, pause: 200);

    // The second store relies on the first one's check, with another page's accesses in between.
    [Fact]
    public void After_RevokeWrites_returns_no_run_of_accesses_writes_the_frame() => WriteWhileRevoking(CodeHarness.Data, rounds: 200, pause: 2000, a =>
    {
        a.mov(rax, __qword_ptr[rbx + 8]);
        a.push(rax);
        a.pop(rdx);
    });

    // The page is in the first level of the soft TLB one moment and only in the second the next.
    [Fact]
    public void After_RevokeWrites_returns_nobody_writes_the_frame_through_the_second_level_of_the_soft_tlb()
    {
        var refills = WriteWhileRevoking(CodeHarness.Data, rounds: 200, pause: 2000, a =>
        {
            a.mov(rax, __qword_ptr[rbx + 0x100_0000]);
            a.inc(__qword_ptr[rbx + 8]);
            a.@lock.inc(__qword_ptr[rbx + 0x100_0008]);
        });

        Assert.InRange(refills, 1000, long.MaxValue);
    }

    private static long WriteWhileRevoking(ulong target, int rounds, int pause, Action<Assembler>? before = null)
    {
        using var harness = new CodeHarness(vcpus: 3);
        harness.Map(target + 0x100_0000);
        var frame = harness.FrameOf(target);
        CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            before?.Invoke(a);
            a.@lock.inc(__qword_ptr[rbx]);
            a.jmp(loop);
        }).CopyTo(harness.At(CodeHarness.Code));
        var stop = false;
        var wrong = 0;
        var threads = harness.Vcpus.Select(vcpu => new Thread(() =>
        {
            vcpu.Registers.Rbx = target;
            while (!Volatile.Read(ref stop))
            {
                var reason = vcpu.Run();
                if (reason != ExitReason.Interrupted && !(reason == ExitReason.Exception && vcpu.Registers.ExitVector == 14))
                {
                    Interlocked.Increment(ref wrong);
                    return;
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.True(SpinWait.SpinUntil(() => harness.VolatileWord(target) != 0, TimeSpan.FromMinutes(1)), "no vCPU ever wrote");
        var changes = 0;
        for (var round = 0; round < rounds; round++)
        {
            harness.MachineFrames.ChangeFlags(frame, FrameFlags.ReadOnly, FrameFlags.None);
            harness.Engine.RevokeWrites(frame);
            var seen = harness.VolatileWord(target);
            Thread.SpinWait(pause);
            changes += seen == harness.VolatileWord(target) ? 0 : 1;
            harness.MachineFrames.ChangeFlags(frame, FrameFlags.None, FrameFlags.ReadOnly);
            Thread.SpinWait(pause);
        }

        Volatile.Write(ref stop, true);
        foreach (var vcpu in harness.Vcpus)
        {
            vcpu.Kick();
        }

        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, wrong);
        Assert.Equal(0, changes);
        return harness.Engine.Counters().Single(counter => counter.Key == "translator/emitted/tlb-refill").Value;
    }

    [Fact]
    public void Locked_increments_of_all_vcpus_add_up_while_code_is_rewritten_and_tlbs_flushed()
    {
        using var harness = new CodeHarness(vcpus: 4);
        const int rounds = 20_000;
        CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, rounds);
            a.Label(ref loop);
            a.@lock.inc(__qword_ptr[rbx]);
            a.dec(ecx);
            a.jnz(loop);
            a.syscall();
        }).CopyTo(harness.At(CodeHarness.Code));
        var code = harness.At(CodeHarness.Code)[..32].ToArray();
        var frame = harness.FrameOf(CodeHarness.Code);
        var threads = harness.Vcpus.Select(vcpu => new Thread(() =>
        {
            vcpu.Registers.Rbx = CodeHarness.Data;
            while (vcpu.Run() == ExitReason.Interrupted)
            {
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        for (var i = 0; i < 300 && threads.Exists(thread => thread.IsAlive); i++)
        {
            harness.MachineFrames.Write(frame, 0, code);
            harness.Engine.FlushTlb(ulong.MaxValue, i % 2 == 0 ? null : CodeHarness.Data);
            harness.Vcpus[i % 4].Kick();
        }

        threads.ForEach(thread => thread.Join());
        Assert.Equal(4UL * rounds, harness.Word(CodeHarness.Data));
    }

    [Fact]
    public void No_kick_is_lost()
    {
        using var harness = new CodeHarness();
        CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.jmp(loop);
        }).CopyTo(harness.At(CodeHarness.Code));
        const int kicks = 2000;
        var answered = 0;
        var vcpu = harness.Vcpu;
        var runner = new Thread(() =>
        {
            for (var i = 0; i < kicks; i++)
            {
                while (vcpu.Run() != ExitReason.Interrupted)
                {
                }

                Volatile.Write(ref answered, i + 1);
            }
        });
        runner.Start();
        var deadline = DateTime.UtcNow.AddMinutes(2);
        for (var i = 0; i < kicks; i++)
        {
            vcpu.Kick();
            while (Volatile.Read(ref answered) <= i)
            {
                Assert.True(DateTime.UtcNow < deadline, $"kick {i} was never answered");
                Thread.SpinWait(20);
            }
        }

        runner.Join();
    }
}
