using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>Returns of kernel code are predicted by the calls before them. Whatever the guest does with its stack, they go where the guest's memory says.</summary>
public class ReturnTests
{
    private const ulong Kernel = 0xffff_ffff_8100_0000, Far = 0xffff_c900_0000_0000;

    [Theory]
    [InlineData(Kernel, 3)]
    [InlineData(Kernel, 1000)]
    [InlineData(Far, 1000)]
    public void A_recursion_deeper_than_what_is_remembered_comes_back(ulong place, uint depth)
    {
        using var harness = Harness(place, stackPages: 8);
        Put(harness, place, a =>
        {
            var function = a.CreateLabel();
            var done = a.CreateLabel();
            a.call(function);
            a.syscall();
            a.Label(ref function);
            a.inc(rbx);
            a.dec(rcx);
            a.jz(done);
            a.call(function);
            a.inc(rdx);
            a.Label(ref done);
            a.ret();
        });
        for (var round = 1UL; round <= 3; round++)
        {
            harness.Registers.Rcx = depth;
            Run(harness, place);
            Assert.Equal((round * depth, round * (depth - 1)), (harness.Registers.Rbx, harness.Registers.Rdx));
        }
    }

    [Fact]
    public void A_return_address_changed_by_the_function_is_obeyed()
    {
        using var harness = Harness(Kernel);
        Put(harness, Kernel, a =>
        {
            var function = a.CreateLabel();
            var elsewhere = a.CreateLabel();
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.lea(rax, __[elsewhere]);
            a.call(function);
            a.ud2();
            a.Label(ref function);
            a.mov(__[rsp], rax);
            a.ret();
            a.Label(ref elsewhere);
            a.inc(rbx);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        });
        harness.Registers.Rcx = 5000;
        Run(harness, Kernel);
        Assert.Equal((5000UL, CodeHarness.Stack + 0x1000), (harness.Registers.Rbx, harness.Registers.Rsp));
    }

    [Fact]
    public void Calls_that_never_return_and_returns_without_calls_do_no_harm()
    {
        using var harness = Harness(Kernel);
        Put(harness, Kernel, a =>
        {
            var (outer, inner, loop, dropped, pushed) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
            a.Label(ref loop);
            a.call(outer);
            a.inc(rbx);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
            a.Label(ref outer);
            a.call(inner);
            a.ud2();
            a.Label(ref inner);

            // Drops its caller, then goes on by way of a pushed address.
            a.lea(rsp, __[rsp + 8]);
            a.call(dropped);
            a.Label(ref dropped);
            a.pop(rax);
            a.lea(rax, __[pushed]);
            a.push(rax);
            a.ret();
            a.Label(ref pushed);
            a.inc(rdx);
            a.ret();
        });
        harness.Registers.Rcx = 2000;
        Run(harness, Kernel);
        Assert.Equal((2000UL, 2000UL, CodeHarness.Stack + 0x1000), (harness.Registers.Rbx, harness.Registers.Rdx, harness.Registers.Rsp));
    }

    [Fact]
    public void Flags_that_a_function_returns_reach_its_caller()
    {
        using var harness = Harness(Kernel);
        Put(harness, Kernel, a =>
        {
            var (function, loop, clear) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
            a.Label(ref loop);
            a.mov(rdi, rcx);
            a.call(function);
            a.jnc(clear);
            a.inc(rbx);
            a.Label(ref clear);
            a.lea(rax, __[function]);
            a.call(rax);
            a.adc(rdx, 0);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
            a.Label(ref function);
            a.push(rbp);
            a.bt(rdi, 0);
            a.pop(rbp);
            a.ret();
        });
        harness.Registers.Rcx = 1000;
        Run(harness, Kernel);
        Assert.Equal((500UL, 500UL), (harness.Registers.Rbx, harness.Registers.Rdx));
    }

    [Fact]
    public void A_caller_whose_code_the_function_rewrites_goes_on_in_the_new_code()
    {
        using var harness = Harness(Kernel);
        Put(harness, Kernel, a =>
        {
            var (function, behind, loop) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
            a.Label(ref loop);
            a.call(function);
            a.Label(ref behind);
            a.add(rbx, 0);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
            a.Label(ref function);

            // The immediate of the add becomes the round's number.
            a.lea(rax, __[behind]);
            a.mov(__byte_ptr[rax + 3], cl);
            a.ret();
        });
        harness.Registers.Rcx = 100;
        Run(harness, Kernel);
        Assert.Equal(5050UL, harness.Registers.Rbx);
    }

    [Fact]
    public void A_caller_whose_page_is_mapped_anew_meanwhile_goes_on_in_the_new_page()
    {
        const ulong function = Kernel + 0x1000;
        using var harness = Harness(Kernel);
        harness.Map(function);
        Put(harness, function, a => { a.syscall(); a.ret(); });
        var frames = new[] { harness.FrameOf(Kernel), harness.Map(Kernel) };
        for (var i = 0; i < 2; i++)
        {
            harness.Map(Kernel, mfn: frames[i]);
            var which = (uint)i + 1;
            Put(harness, Kernel, a => { a.call(function); a.mov(ebx, which); a.mov(eax, 7); a.syscall(); });
        }

        harness.MarkKernelTables(Kernel);
        for (var round = 0; round < 8; round++)
        {
            harness.Registers.Rip = Kernel;
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
            if (round % 3 != 0)
            {
                var table = harness.LeafTableOf(Kernel);
                var old = harness.ReadEntry(Kernel);
                harness.Map(Kernel, mfn: frames[round & 1]);
                harness.Engine.PageTableEntryChanged(table, 1, (int)((Kernel >> 12) & 511), old);
                harness.Vcpu.FlushTlb(null);
            }

            var expected = harness.FrameOf(Kernel) == frames[0] ? 1UL : 2;
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
            Assert.Equal((expected, 7UL), (harness.Registers.Rbx, harness.Registers.Rax));
        }
    }

    [Fact]
    public void Two_vcpus_with_kernel_halves_of_their_own_each_return_to_their_own_code()
    {
        const ulong function = 0xffff_8880_0000_0000;
        using var harness = new CodeHarness(vcpus: 2);
        harness.Map(function);
        Put(harness, function, a => { a.syscall(); a.ret(); });
        var roots = new ulong[2];
        for (var i = 0; i < 2; i++)
        {
            roots[i] = i == 0 ? harness.Root : harness.CopyRoot();
            harness.ClearSlot(Kernel);
            harness.Map(Kernel);
            var which = (uint)i + 1;
            Put(harness, Kernel, a => { a.mov(rax, function); a.call(rax); a.mov(ebx, which); a.syscall(); });
        }

        for (var round = 0; round < 6; round++)
        {
            for (var i = 0; i < 2; i++)
            {
                if (round == 0)
                {
                    harness.Vcpus[i].LoadRoots(roots[i], roots[i]);
                }

                harness.Vcpus[i].Registers.Rip = Kernel;
                Assert.Equal(ExitReason.Hypercall, harness.Vcpus[i].Run());
            }

            for (var i = 0; i < 2; i++)
            {
                Assert.Equal(ExitReason.Hypercall, harness.Vcpus[i].Run());
                Assert.Equal((ulong)i + 1, harness.Vcpus[i].Registers.Rbx);
            }
        }
    }

    [Fact]
    public void A_return_after_CR0_TS_was_set_does_not_run_code_made_without_it()
    {
        using var harness = Harness(Kernel);
        Put(harness, Kernel, a =>
        {
            var function = a.CreateLabel();
            a.call(function);
            a.movaps(xmm0, xmm1);
            a.syscall();
            a.Label(ref function);
            a.syscall();
            a.ret();
        });
        for (var round = 0; round < 3; round++)
        {
            harness.Registers.TaskSwitched = 0;
            harness.Registers.Rip = Kernel;
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
            harness.Registers.Rip = Kernel;
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
            harness.Registers.TaskSwitched = 1;
            Assert.Equal(ExitReason.Exception, harness.Vcpu.Run());
            Assert.Equal(7U, harness.Registers.ExitVector);
        }
    }

    [Fact]
    public void User_code_that_returns_to_a_kernel_address_faults_though_the_kernel_called_from_there()
    {
        using var harness = Harness(Kernel);
        Put(harness, Kernel, a =>
        {
            var function = a.CreateLabel();
            a.call(function);
            a.syscall();
            a.Label(ref function);
            a.syscall();
            a.ret();
        });
        Run(harness, Kernel);
        var back = harness.Word(harness.Registers.Rsp);
        var kernelRoot = harness.Root;
        var userRoot = harness.CopyRoot();
        harness.ClearSlot(Kernel);
        Put(harness, CodeHarness.Code, a => a.ret());
        harness.Vcpu.LoadRoots(kernelRoot, userRoot);
        harness.Registers.KernelMode = 0;
        harness.Registers.Rip = CodeHarness.Code;
        Assert.Equal(ExitReason.Exception, harness.Vcpu.Run());
        Assert.Equal((14U, back), (harness.Registers.ExitVector, harness.Registers.ExitAddress));
    }

    private static CodeHarness Harness(ulong place, int stackPages = 1)
    {
        var harness = new CodeHarness();
        harness.Map(place);
        for (var i = 1; i < stackPages; i++)
        {
            harness.Map(CodeHarness.Stack - (ulong)(i * 0x1000));
        }

        return harness;
    }

    private static void Put(CodeHarness harness, ulong place, Action<Iced.Intel.Assembler> write) => CodeHarness.Assemble(write, place).CopyTo(harness.At(place));

    private static void Run(CodeHarness harness, ulong place)
    {
        harness.Registers.Rip = place;
        Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
    }
}
