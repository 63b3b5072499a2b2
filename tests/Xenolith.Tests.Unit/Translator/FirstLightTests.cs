using Iced.Intel;
using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Small programs from end to end.</summary>
public class FirstLightTests
{
    [Fact]
    public void A_hypercall_leaves_with_the_registers_that_the_code_set()
    {
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a =>
        {
            a.mov(rax, 42);
            a.mov(r9, 0x1234567890abcdef);
            a.mov(r10, r9);
            a.lea(r11, __[r10 + 1]);
            a.syscall();
        });
        Assert.Equal(ExitReason.Hypercall, harness.Run(code));
        Assert.Equal(42UL, harness.Registers.Rax);
        Assert.Equal(0x1234567890abcdefUL, harness.Registers.R10);
        Assert.Equal(0x1234567890abcdf0UL, harness.Registers.R11);
        Assert.Equal(CodeHarness.Code + (ulong)code.Length, harness.Registers.Rip);
    }

    [Fact]
    public void A_loop_with_memory_a_call_and_the_stack_adds_up()
    {
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            var function = a.CreateLabel();
            a.mov(rbx, CodeHarness.Data);
            a.mov(ecx, 1000);
            a.xor(eax, eax);
            a.Label(ref loop);
            a.push(rcx);
            a.call(function);
            a.pop(rcx);
            a.dec(ecx);
            a.jnz(loop);
            a.mov(__qword_ptr[rbx + 8], rax);
            a.syscall();
            a.Label(ref function);
            a.add(__qword_ptr[rbx], rcx);
            a.mov(rax, __qword_ptr[rbx]);
            a.ret();
        });
        Assert.Equal(ExitReason.Hypercall, harness.Run(code));
        Assert.Equal(500500UL, harness.Registers.Rax);
        Assert.Equal(500500UL, harness.Word(CodeHarness.Data));
        Assert.Equal(500500UL, harness.Word(CodeHarness.Data + 8));
        Assert.Equal(CodeHarness.Stack + 0x1000, harness.Registers.Rsp);
    }

    [Fact]
    public void A_fault_is_precise()
    {
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a =>
        {
            a.mov(rax, 7);
            a.add(rax, __qword_ptr[0x1234_5678]);
            a.syscall();
        });
        Assert.Equal(ExitReason.Exception, harness.Run(code));
        Assert.Equal(14U, harness.Registers.ExitVector);
        Assert.Equal(0x1234_5678UL, harness.Registers.ExitAddress);
        Assert.Equal(0U, harness.Registers.ExitErrorCode);
        Assert.Equal(7UL, harness.Registers.Rax);
        Assert.Equal(CodeHarness.Code + 10, harness.Registers.Rip);
    }

    [Fact]
    public void Divide_by_zero_comes_through_the_signal_handler()
    {
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a =>
        {
            a.xor(r10d, r10d);
            a.mov(r11, 5);
            a.div(r10);
            a.syscall();
        });
        Assert.Equal(ExitReason.Exception, harness.Run(code));
        Assert.Equal(0U, harness.Registers.ExitVector);
        Assert.Equal(5UL, harness.Registers.R11);
        Assert.Equal(CodeHarness.Code + (ulong)code.Length - 5, harness.Registers.Rip);
    }

    [Fact]
    public void An_endless_loop_is_interrupted()
    {
        using var harness = new CodeHarness();
        using var timer = new Timer(_ => harness.Vcpu.Kick(), null, 50, Timeout.Infinite);
        Assert.Equal(ExitReason.Interrupted, harness.Run([0xeb, 0xfe]));
        Assert.Equal(CodeHarness.Code, harness.Registers.Rip);
    }

    [Fact]
    public void Who_steps_sees_the_flags_that_nobody_reads_any_more()
    {
        const ulong trap = 0x100, arithmetic = 0x8d5, equal = 0x44;
        using var harness = new CodeHarness();
        var code = CodeHarness.Assemble(a =>
        {
            a.cmp(rax, rax);
            a.mov(rcx, __qword_ptr[CodeHarness.Data]);
            a.push(rcx);
            a.add(rcx, 1);
            a.syscall();
        });
        code.CopyTo(harness.At(CodeHarness.Code));
        harness.Registers.Rip = CodeHarness.Code;
        harness.Registers.Rflags |= trap;
        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(ExitReason.Exception, harness.Vcpu.Run());
            Assert.Equal((1U, equal), (harness.Registers.ExitVector, harness.Registers.Rflags & arithmetic));
        }
    }
}
