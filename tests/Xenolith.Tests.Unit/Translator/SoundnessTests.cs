using System.Runtime.InteropServices;
using Iced.Intel;
using Xenolith.Engine;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>What one vCPU, one address space or one moment says about code and memory does not hold for another.</summary>
public class SoundnessTests
{
    // Neighbours with different entries of the root table, near enough for a direct call.
    private const ulong Caller = 0xffff_887f_ffff_f000, Function = 0xffff_8880_0000_0000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_kernel_halves_at_work_at_the_same_time_each_run_their_own_code(bool severalVcpus)
    {
        using var harness = new CodeHarness(vcpus: severalVcpus ? 2 : 1);
        harness.Map(Caller);
        CodeHarness.Assemble(a => { a.call(Function); a.syscall(); }, Caller).CopyTo(harness.At(Caller));
        var roots = new ulong[2];
        roots[0] = harness.Root;
        PutFunction(harness, 1);
        roots[1] = harness.CopyRoot();
        harness.ClearSlot(Function);
        PutFunction(harness, 2);
        for (var round = 0; round < 6; round++)
        {
            var which = round % 2;
            var vcpu = harness.Vcpus[severalVcpus ? which : 0];
            if (round < 2 || !severalVcpus)
            {
                vcpu.LoadRoots(roots[which], roots[which]);
            }

            for (var again = 0; again < 3; again++)
            {
                vcpu.Registers.Rip = Caller;
                Assert.Equal(ExitReason.Hypercall, vcpu.Run());
                Assert.Equal((ulong)which + 1, vcpu.Registers.Rax);
            }
        }
    }

    [Fact]
    public void A_kernel_slot_that_changes_counts_for_the_other_root_too()
    {
        using var harness = new CodeHarness();
        harness.Map(Caller);
        CodeHarness.Assemble(a => { a.call(Function); a.syscall(); }, Caller).CopyTo(harness.At(Caller));
        PutFunction(harness, 1);
        var first = harness.Root;
        Run(harness, 1);
        var second = harness.CopyRoot();

        // The first root's slot changes in place, as mmu_update does; the second keeps what the engine has seen last.
        harness.Root = first;
        var old = MemoryMarshal.Cast<byte, ulong>(harness.MachineFrames.Read(first))[(int)((Function >> 39) & 511)];
        harness.ClearSlot(Function);
        PutFunction(harness, 2);
        harness.Engine.PageTableEntryChanged(first, 4, (int)((Function >> 39) & 511), old);
        harness.Vcpu.FlushTlb(null);
        Run(harness, 2);

        harness.Vcpu.LoadRoots(second, second);
        Run(harness, 1);
    }

    [Fact]
    public void Code_of_user_mode_is_found_anew_after_its_page_was_flushed_whatever_ran_in_between()
    {
        using var harness = new CodeHarness();
        const ulong function = 0x60_0000, others = 0x100_0000;
        var pages = new[] { harness.Map(function), harness.Map(function) };
        for (var i = 0; i < 2; i++)
        {
            harness.Map(function, mfn: pages[i]);
            var value = i + 1;
            CodeHarness.Assemble(a => { a.mov(eax, value); a.ret(); }, function).CopyTo(harness.At(function));
        }

        for (var i = 0; i < 300; i++)
        {
            // More code pages than the engine's small caches hold: the function's page is pushed out of them, its branch is not.
            var address = others + ((ulong)i * 4096);
            harness.Map(address, mfn: i == 0 ? null : harness.FrameOf(others));
            CodeHarness.Assemble(a => a.ret(), address).CopyTo(harness.At(address));
        }

        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.mov(rbx, function);
            a.call(rbx);
            a.mov(r15, rax);
            a.mov(rbx, others);
            a.mov(r14d, 300);
            a.Label(ref loop);
            a.call(rbx);
            a.add(rbx, 4096);
            a.dec(r14d);
            a.jnz(loop);
            a.syscall();
        });
        harness.Registers.KernelMode = 1;
        for (var i = 0; i < 6; i++)
        {
            harness.Map(function, mfn: pages[i % 2]);
            harness.Vcpu.FlushTlb(function);
            Assert.Equal(ExitReason.Hypercall, harness.Run(code));
            Assert.Equal((ulong)(i % 2) + 1, harness.Registers.R15);
        }
    }

    [Fact]
    public void Code_in_a_frame_that_others_write_is_read_each_time()
    {
        using var harness = new CodeHarness();
        const ulong function = 0x60_0000;
        var frame = harness.Map(function);
        CodeHarness.Assemble(a => { a.mov(eax, 1); a.ret(); }, function).CopyTo(harness.At(function));
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.xor(r15d, r15d);
            a.mov(r14d, 100);
            a.Label(ref loop);
            a.call(function);
            a.add(r15, rax);
            a.dec(r14d);
            a.jnz(loop);
            a.syscall();
        });
        Assert.Equal(ExitReason.Hypercall, harness.Run(code));
        Assert.Equal(100UL, harness.Registers.R15);

        harness.MachineFrames.ChangeFlags(frame, FrameFlags.Shared, FrameFlags.None);
        harness.Engine.ForgetFrame(frame);
        for (var value = 2; value < 6; value++)
        {
            // Past everything that tells the engine, as another process does.
            CodeHarness.Assemble(a => { a.mov(eax, value); a.ret(); }, function).CopyTo(harness.At(function));
            Assert.Equal(ExitReason.Hypercall, harness.Run(code));
            Assert.Equal(100UL * (ulong)value, harness.Registers.R15);
        }
    }

    [Fact]
    public void A_locked_operand_across_a_page_edge_is_one_access_for_all_vcpus()
    {
        using var harness = new CodeHarness(vcpus: 3);
        const int rounds = 2000;
        const ulong edge = CodeHarness.Data + 0x1000, other = CodeHarness.Code + 0x200;
        harness.Map(edge);
        CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, rounds);
            a.mov(rax, 0x1_0000_0001UL);
            a.Label(ref loop);
            a.@lock.add(__qword_ptr[rbx], rax);
            a.dec(ecx);
            a.jnz(loop);
            a.mov(__dword_ptr[rdi], 1);
            a.syscall();
        }).CopyTo(harness.At(CodeHarness.Code));
        CodeHarness.Assemble(
            a =>
            {
                var loop = a.CreateLabel();
                a.Label(ref loop);
                a.@lock.inc(__dword_ptr[rbx]);
                a.inc(ecx);
                a.cmp(__dword_ptr[rdi], 0);
                a.je(loop);
                a.syscall();
            },
            other).CopyTo(harness.At(other));
        var threads = harness.Vcpus.Select((vcpu, i) => new Thread(() =>
        {
            vcpu.Registers.Rbx = i == 2 ? edge : edge - 4;
            vcpu.Registers.Rdi = CodeHarness.Data;
            vcpu.Registers.Rip = i == 0 ? CodeHarness.Code : other;
            while (vcpu.Run() == ExitReason.Interrupted)
            {
            }
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(rounds + (uint)harness.Vcpus[1].Registers.Rcx, MemoryMarshal.Read<uint>(harness.At(edge - 4)));
        Assert.Equal(rounds + (uint)harness.Vcpus[2].Registers.Rcx, MemoryMarshal.Read<uint>(harness.At(edge)));
    }

    private static void Run(CodeHarness harness, ulong expected)
    {
        for (var again = 0; again < 3; again++)
        {
            harness.Registers.Rip = Caller;
            Assert.Equal(ExitReason.Hypercall, harness.Vcpu.Run());
            Assert.Equal(expected, harness.Registers.Rax);
        }
    }

    private static void PutFunction(CodeHarness harness, int value)
    {
        harness.Map(Function);
        CodeHarness.Assemble(a => { a.mov(eax, value); a.ret(); }, Function).CopyTo(harness.At(Function));
    }
}
