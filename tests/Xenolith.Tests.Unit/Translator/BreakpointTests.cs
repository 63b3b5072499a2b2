using CsCheck;
using Iced.Intel;
using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Hardware breakpoints: before watched instructions, behind instructions that touched watched data, and nowhere else.</summary>
public class BreakpointTests
{
    private const ulong Data = CodeHarness.Data, ResumeFlag = 0x10000, TrapFlag = 0x100;
    private const int OneByte = 0, EightBytes = 2, Execute = 0, Write = 1, ReadOrWrite = 3;

    public static TheoryData<string, int, bool> Accesses() => new()
    {
        { "mov store", Write, true },
        { "mov load", Write, false },
        { "mov load", ReadOrWrite, true },
        { "mov store", ReadOrWrite, true },
        { "add", Write, true },
        { "cmp", Write, false },
        { "cmp", ReadOrWrite, true },
        { "push", Write, true },
        { "pop", ReadOrWrite, true },
        { "call", Write, true },
        { "vector store", Write, true },
        { "vector load", ReadOrWrite, true },
        { "bts far", Write, true },
        { "crossing", Write, true },
        { "beside", ReadOrWrite, false },
    };

    [Theory]
    [MemberData(nameof(Accesses))]
    public void An_access_hits_behind_its_instruction_or_not_at_all(string kind, int type, bool hits)
    {
        using var harness = new CodeHarness();
        harness.Map(Data - 0x1000);
        var watched = kind == "crossing" ? Data - 8 : Data + 64;
        var next = 0UL;
        var code = CodeHarness.Assemble(a =>
        {
            // Once before, so that the page would be in the soft TLB.
            a.mov(rax, __qword_ptr[rbx + 128]);
            a.mov(__qword_ptr[rbx + 128], rax);
            switch (kind)
            {
                case "mov store": a.mov(__byte_ptr[rbx + 67], al); break;
                case "mov load": a.mov(eax, __dword_ptr[rbx + 66]); break;
                case "add": a.add(__word_ptr[rbx + 70], cx); break;
                case "cmp": a.cmp(__byte_ptr[rbx + 64], 1); break;
                case "push": a.lea(rsp, __[rbx + 72]); a.push(rax); break;
                case "pop": a.lea(rsp, __[rbx + 64]); a.pop(rax); break;
                case "call": a.lea(rsp, __[rbx + 72]); a.call(CodeHarness.Code + 0x100); break;
                case "vector store": a.movups(__xmmword_ptr[rbx + 56], xmm0); break;
                case "vector load": a.vmovdqu(ymm1, __ymmword_ptr[rbx + 40]); break;
                case "bts far": a.mov(ecx, 64 * 8); a.bts(__qword_ptr[rbx], rcx); break;
                case "crossing": a.mov(__qword_ptr[rbx - 4], rax); break;
                default: a.mov(rax, __qword_ptr[rbx + 56]); a.mov(__qword_ptr[rbx + 72], rax); break;
            }

            a.syscall();
        });
        var returning = CodeHarness.Assemble(a => a.syscall(), CodeHarness.Code + 0x100);
        returning.CopyTo(harness.At(CodeHarness.Code + 0x100));
        next = kind == "call" ? CodeHarness.Code + 0x100 : CodeHarness.Code + (ulong)code.Length - 2;
        harness.Registers.Rbx = Data;
        harness.Run(code);
        Arm(harness, 2, watched, type, EightBytes);

        var reason = harness.Run(code);

        if (!hits)
        {
            Assert.Equal(ExitReason.Hypercall, reason);
            return;
        }

        Assert.Equal((ExitReason.Exception, 1u, 4u, next), (reason, harness.Registers.ExitVector, harness.Registers.ExitDebugStatus, harness.Registers.Rip));
        Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
    }

    [Fact]
    public void A_repeated_instruction_stops_behind_the_element_that_hit()
    {
        using var harness = new CodeHarness();
        Arm(harness, 0, Data + 40, Write, EightBytes);
        var code = CodeHarness.Assemble(a =>
        {
            a.rep.stosq();
            a.syscall();
        });
        (harness.Registers.Rdi, harness.Registers.Rcx, harness.Registers.Rax) = (Data, 16, 7);

        Assert.Equal(ExitReason.Exception, harness.Run(code));
        Assert.Equal((CodeHarness.Code, Data + 48, 10UL, 1u), (harness.Registers.Rip, harness.Registers.Rdi, harness.Registers.Rcx, harness.Registers.ExitDebugStatus));
        Assert.Equal(0UL, harness.Word(Data + 48));
        Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
        Assert.Equal(7UL, harness.Word(Data + 120));
    }

    [Fact]
    public void A_watched_instruction_stops_each_time_it_is_reached_and_runs_with_RF()
    {
        using var harness = new CodeHarness();
        ulong watched = 0;
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, 5);
            a.Label(ref loop);
            a.add(rax, rcx);
            a.add(rdx, 2);
            a.dec(ecx);
            a.jnz(loop);
            a.syscall();
        });
        watched = CodeHarness.Code + 8;
        harness.Run(code);
        (harness.Registers.Rax, harness.Registers.Rdx) = (0, 0);
        Arm(harness, 1, watched, Execute, OneByte);
        harness.Registers.Rip = CodeHarness.Code;
        var stops = 0;
        ExitReason reason;
        while ((reason = harness.Vcpu.Run()) == ExitReason.Exception)
        {
            Assert.Equal((watched, 2u, 2UL * (ulong)stops), (harness.Registers.Rip, harness.Registers.ExitDebugStatus, harness.Registers.Rdx));
            Assert.Equal(0UL, harness.Registers.Rflags & ResumeFlag);
            harness.Registers.Rflags |= ResumeFlag;
            stops++;
        }

        Assert.Equal((ExitReason.Hypercall, 5, 15UL, 10UL), (reason, stops, harness.Registers.Rax, harness.Registers.Rdx));
        Assert.Equal(0UL, harness.Registers.Rflags & ResumeFlag);
        harness.Vcpu.SetBreakpoints([0, 0, 0, 0], 0);
        harness.Registers.Rip = CodeHarness.Code;
        Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
    }

    [Fact]
    public void What_one_vcpu_watches_does_not_stop_another()
    {
        using var harness = new CodeHarness(vcpus: 2);
        var code = CodeHarness.Assemble(a =>
        {
            a.nop();
            a.mov(__qword_ptr[rbx], rbx);
            a.syscall();
        });
        code.CopyTo(harness.At(CodeHarness.Code));
        harness.Vcpus[1].SetBreakpoints([CodeHarness.Code + 1, Data, 0, 0], Control(0, Execute, OneByte) | Control(1, Write, EightBytes));
        // The other watches as well, but something else: it meets the same address in the same mode.
        harness.Vcpus[0].SetBreakpoints([CodeHarness.Code + 0x800, 0, 0, 0], Control(0, Execute, OneByte));
        harness.Vcpus[0].Registers.Rbx = harness.Vcpus[1].Registers.Rbx = Data;

        Assert.Equal(ExitReason.Hypercall, harness.Vcpus[0].Run());
        Assert.Equal(ExitReason.Exception, harness.Vcpus[1].Run());
        Assert.Equal(1u, harness.Vcpus[1].Registers.ExitDebugStatus);
        harness.Vcpus[1].Registers.Rflags |= ResumeFlag;
        Assert.Equal(ExitReason.Exception, harness.Vcpus[1].Run());
        Assert.Equal(2u, harness.Vcpus[1].Registers.ExitDebugStatus);
    }

    [Fact]
    public void A_load_of_SS_is_told_behind_the_next_instruction()
    {
        using var harness = new CodeHarness();
        harness.Registers.Ss = 0xe02b;
        harness.At(Data)[0] = 0x2b;
        harness.At(Data)[1] = 0xe0;
        harness.Registers.Rbx = Data;
        Arm(harness, 0, Data, ReadOrWrite, OneByte);
        var code = CodeHarness.Assemble(a =>
        {
            a.mov(ss, __word_ptr[rbx]);
            a.inc(eax);
            a.syscall();
        });

        Assert.Equal(ExitReason.Exception, harness.Run(code));
        Assert.Equal((CodeHarness.Code + (ulong)code.Length - 2, 1u), (harness.Registers.Rip, harness.Registers.ExitDebugStatus));
    }

    [Fact]
    public void TF_and_a_hit_come_together()
    {
        using var harness = new CodeHarness();
        Arm(harness, 3, Data, Write, EightBytes);
        harness.Registers.Rbx = Data;
        harness.Registers.Rflags |= TrapFlag;

        Assert.Equal(ExitReason.Exception, harness.Run(CodeHarness.Assemble(a => a.mov(__qword_ptr[rbx], rbx))));
        Assert.Equal(0x4008u, harness.Registers.ExitDebugStatus);
    }

    // The same program with and without something watched that it meets: it must come to the same end, and stop exactly at the touches.
    [Fact]
    public void Programs_run_the_same_whatever_is_watched()
        => Gen.Select(Gen.Int[0, 15].Array[1, 24], Gen.Int[0, 15], Gen.Bool.Select(both => both ? ReadOrWrite : Write)).Sample(
            (slots, watched, type) =>
            {
                using var harness = new CodeHarness();
                var code = CodeHarness.Assemble(a =>
                {
                    foreach (var slot in slots)
                    {
                        a.inc(__qword_ptr[rbx + (slot * 8)]);
                    }

                    a.syscall();
                });
                harness.Registers.Rbx = Data;
                Arm(harness, 0, Data + (ulong)(watched * 8), type, EightBytes);
                var stops = 0;
                var reason = harness.Run(code);
                while (reason == ExitReason.Exception)
                {
                    stops++;
                    reason = harness.Vcpu.Run();
                }

                Assert.Equal(ExitReason.Hypercall, reason);
                Assert.Equal(slots.Count(slot => slot == watched), stops);
                for (var i = 0; i < 16; i++)
                {
                    Assert.Equal((ulong)slots.Count(slot => slot == i), harness.Word(Data + (ulong)(i * 8)));
                }
            },
            iter: 200, threads: 1);

    private static ulong Control(int number, int type, int length) => (1UL << (2 * number)) | ((ulong)(uint)(type | (length << 2)) << (16 + (4 * number)));

    private static void Arm(CodeHarness harness, int number, ulong address, int type, int length)
    {
        Span<ulong> addresses = stackalloc ulong[4];
        addresses[number] = address;
        harness.Vcpu.SetBreakpoints(addresses, Control(number, type, length));
    }
}
