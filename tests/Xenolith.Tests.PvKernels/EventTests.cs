using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>event_channel_op, the shared bits, upcalls, sched_op and the timers that end a wait.</summary>
public sealed class EventTests
{
    private const int Send = 4, BindIpi = 7, BindVirq = 1, AllocUnbound = 6, Close = 3, Status = 5;
    private const int PendingBits = 2048, MaskBits = 2560;
    private static readonly ulong Shared = PvKernel.Scratch(1);

    [Fact]
    public void A_sent_event_sets_the_bits_of_shared_info()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        var ipi = kernel.Data(new byte[8]);
        kernel.Check("bind", HypercallNumber.EventChannelOp, BindIpi, ipi);
        kernel.Asm.lea(rbx, __[ipi]);
        kernel.Asm.mov(eax, __dword_ptr[rbx + 4]);
        kernel.Record("port");
        kernel.Asm.mov(__dword_ptr[rbx], eax);
        kernel.Check("send", HypercallNumber.EventChannelOp, Send, ipi);
        kernel.Load(Shared + PendingBits).Record("pending").Load(Shared).Record("vcpu info").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["bind"]);
        Assert.Equal(0UL, run["send"]);
        Assert.NotEqual(0UL, (run["pending"] >> (int)run["port"]) & 1);
        // Pending, and still masked as at the start.
        Assert.Equal(0x0101UL, run["vcpu info"] & 0xffff);
    }

    [Fact]
    public void An_unmasked_event_calls_the_event_callback()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        var handler = kernel.Asm.CreateLabel();
        var wait = kernel.Asm.CreateLabel();
        var callback = kernel.Data(new byte[16]);
        kernel.Asm.lea(r14, __[callback]);
        kernel.Asm.lea(r15, __[handler]);
        kernel.Asm.mov(__qword_ptr[r14 + 8], r15);
        kernel.Check("callback", HypercallNumber.CallbackOp, 0UL, callback);
        var ipi = kernel.Data(new byte[8]);
        kernel.Call(HypercallNumber.EventChannelOp, BindIpi, ipi);
        kernel.Asm.lea(rbx, __[ipi]);
        kernel.Asm.mov(eax, __dword_ptr[rbx + 4]);
        kernel.Asm.mov(__dword_ptr[rbx], eax);
        kernel.Asm.mov(r15, Shared);
        kernel.Asm.mov(__byte_ptr[r15 + 1], 0); // unmask
        kernel.Call(HypercallNumber.EventChannelOp, Send, ipi);
        kernel.Asm.Label(ref wait);
        kernel.Asm.pause();
        kernel.Asm.jmp(wait);
        kernel.Enter(handler).Load(Shared).Record("vcpu info").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        // Xen masks further events on the way to the callback.
        Assert.Equal(0x0101UL, run["vcpu info"] & 0xffff);
    }

    [Fact]
    public void A_poll_ends_at_its_deadline_and_not_before()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        var poll = kernel.Words(0, 0, 0); // ports, count, timeout
        kernel.Asm.rdtsc();
        kernel.Asm.shl(rdx, 32);
        kernel.Asm.or(rax, rdx);
        kernel.Record("before");

        // System time now + 30 ms, from the time page's own parameters: tsc is what system time is made of, so an absolute 30 ms is in the past or near.
        kernel.Asm.lea(r14, __[poll]);
        kernel.Load(Shared + 32 + 16); // vcpu_time_info.system_time
        kernel.Asm.add(rax, 30_000_000);
        kernel.Asm.mov(__qword_ptr[r14 + 16], rax);
        kernel.Check("poll", HypercallNumber.SchedOp, 3UL, poll);
        kernel.Asm.rdtsc();
        kernel.Asm.shl(rdx, 32);
        kernel.Asm.or(rax, rdx);
        kernel.Record("after").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["poll"]);
        Assert.True(run["after"] > run["before"]);
    }

    [Fact]
    public void A_blocked_vcpu_wakes_for_its_single_shot_timer()
    {
        var kernel = new PvKernel().MapSharedInfo(1);
        var bind = kernel.Data(new byte[12]); // VIRQ_TIMER on vCPU 0
        kernel.Check("bind", HypercallNumber.EventChannelOp, BindVirq, bind);
        var handler = kernel.Asm.CreateLabel();
        var callback = kernel.Data(new byte[16]);
        kernel.Asm.lea(r14, __[callback]);
        kernel.Asm.lea(r15, __[handler]);
        kernel.Asm.mov(__qword_ptr[r14 + 8], r15);
        kernel.Call(HypercallNumber.CallbackOp, 0UL, callback);
        var timer = kernel.Words(0, 0);
        kernel.Asm.lea(r14, __[timer]);
        kernel.Load(Shared + 32 + 16);
        kernel.Asm.add(rax, 5_000_000);
        kernel.Asm.mov(__qword_ptr[r14], rax);
        kernel.Check("set", HypercallNumber.VcpuOp, 8UL, 0UL, timer);
        kernel.Call(HypercallNumber.SchedOp, 1UL, 0UL); // unmasks events and blocks
        kernel.Shutdown(ShutdownReason.Reboot);
        kernel.Enter(handler).Load(Shared + PendingBits).Record("pending").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["bind"]);
        Assert.Equal(0UL, run["set"]);
        Assert.NotEqual(0UL, run["pending"]);
    }

    [Fact]
    public void Ports_are_allocated_closed_and_refused_as_Xen_does()
    {
        var kernel = new PvKernel();
        var unbound = kernel.Data(0xf0, 0x7f, 0, 0, 0, 0, 0, 0); // DOMID_SELF, remote Domain-0
        kernel.Check("alloc", HypercallNumber.EventChannelOp, AllocUnbound, unbound);
        var wild = kernel.Data(0xff, 0xff, 0xff, 0x7f);
        kernel.Check("close", HypercallNumber.EventChannelOp, Close, wild);
        kernel.Check("operation", HypercallNumber.EventChannelOp, 99UL, wild);
        kernel.Check("address", HypercallNumber.EventChannelOp, Status, 0x7f0000000000UL);
        kernel.Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["alloc"]);
        Assert.Equal(-22, (long)run["close"]);
        Assert.Equal(-38, (long)run["operation"]);
        Assert.Equal(-14, (long)run["address"]);
    }
}
