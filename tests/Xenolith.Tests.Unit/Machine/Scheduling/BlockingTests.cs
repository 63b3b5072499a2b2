using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Tests.Unit.Machine.Scheduling;

/// <summary>vCPU threads: pausing, blocking, timers, shutting down.</summary>
public sealed class BlockingTests
{
    private const int SchedOp = HypercallNumber.SchedOp, Block = 1;

    [Fact]
    public void A_pause_stops_guest_code_and_unpause_goes_on()
    {
        using var bed = new ThreadBed();
        long runs = 0;
        bed.Engine[0].Script = _ =>
        {
            Interlocked.Increment(ref runs);
            return ExitReason.Interrupted;
        };
        bed.Domain.Unpause();
        ThreadBed.Await(() => Interlocked.Read(ref runs) > 100);

        bed.Domain.Pause();
        var stopped = Interlocked.Read(ref runs);
        Thread.Yield();
        Assert.Equal(stopped, Interlocked.Read(ref runs));
        Assert.Equal(Runstate.Offline, bed.Vcpu.Runstate);

        bed.Domain.Unpause();
        ThreadBed.Await(() => Interlocked.Read(ref runs) > stopped);
    }

    [Fact]
    public void A_blocked_vcpu_sleeps_until_its_event_and_stays_blocked_over_a_pause()
    {
        using var bed = new ThreadBed();
        var port = bed.Domain.Events.AllocateUnbound();
        Assert.True(bed.Domain.Events.TryBindHost(port, () => { }, out var host));
        var returned = 0;
        var asked = false;
        bed.Engine[0].Script = vcpu =>
        {
            if (asked)
            {
                Interlocked.Increment(ref returned);
                return null;
            }

            asked = true;
            return vcpu.Hypercall(SchedOp, Block);
        };
        bed.Domain.Unpause();
        ThreadBed.Await(() => bed.Vcpu.Runstate == Runstate.Blocked);

        bed.Domain.Pause();
        bed.Domain.Unpause();
        ThreadBed.Await(() => bed.Vcpu.Runstate == Runstate.Blocked);
        Assert.Equal(0, returned);

        host!.Notify();
        ThreadBed.Await(() => Volatile.Read(ref returned) != 0 || bed.Domain.Shutdown is not null);
    }

    [Fact]
    public void A_single_shot_timer_wakes_a_blocked_vcpu()
    {
        using var bed = new ThreadBed();
        Assert.Equal(0, bed.Domain.Events.BindVirq(Virq.Timer, 0, out _));
        var step = 0;
        bed.Engine[0].Script = vcpu => ++step switch
        {
            1 => vcpu.Hypercall(HypercallNumber.SetTimerOp, (ulong)bed.Domain.Time.Now() + 2_000_000),
            2 => vcpu.Hypercall(SchedOp, Block),
            _ => null,
        };
        bed.Domain.Unpause();

        // The upcall finds no callback registered: that the domain says so proves the delivery.
        ThreadBed.Await(() => bed.Domain.Shutdown == ShutdownReason.Crash);
        Assert.Contains("no handler", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wait_that_ends_early_leaves_the_timer_set()
    {
        using var bed = new ThreadBed();
        Assert.Equal(0, bed.Domain.Events.BindVirq(Virq.Timer, 0, out _));
        var step = 0;
        bed.Engine[0].Script = vcpu =>
        {
            switch (++step)
            {
                case 1:
                    return vcpu.Hypercall(HypercallNumber.SetTimerOp, (ulong)bed.Domain.Time.Now() + 100_000_000);
                case 2:
                    bed.Vcpu.Block(bed.Domain.Time.Now() + 1_000_000, []);
                    return ExitReason.Interrupted;
                case 3:
                    return vcpu.Hypercall(SchedOp, Block);
                default:
                    return null;
            }
        };
        bed.Domain.Unpause();

        ThreadBed.Await(() => bed.Domain.Shutdown == ShutdownReason.Crash);
        Assert.Contains("no handler", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watchdog_ends_the_domain_with_its_own_reason()
    {
        using var bed = new ThreadBed();
        Assert.Equal(1, bed.Domain.SetWatchdog(0, 0));

        ThreadBed.Await(() => bed.Domain.Shutdown == ShutdownReason.Watchdog);
    }

    [Fact]
    public void Watchdogs_are_two_and_numbered()
    {
        using var bed = new ThreadBed();

        Assert.Equal([1L, 2L, -XenErrno.ENOSPC], [bed.Domain.SetWatchdog(0, 100), bed.Domain.SetWatchdog(0, 100), bed.Domain.SetWatchdog(0, 100)]);
        Assert.Equal(0, bed.Domain.SetWatchdog(1, 0));
        Assert.Equal(-XenErrno.EINVAL, bed.Domain.SetWatchdog(1, 5));
        Assert.Equal(-XenErrno.EINVAL, bed.Domain.SetWatchdog(3, 5));
    }

    [Fact]
    public void Shutdown_is_told_once_and_the_first_reason_counts()
    {
        using var bed = new ThreadBed();
        var told = new List<ShutdownReason>();
        bed.Domain.ShutDown = (_, reason) => told.Add(reason);

        Assert.True(bed.Domain.BeginShutdown(ShutdownReason.Reboot));
        Assert.False(bed.Domain.BeginShutdown(ShutdownReason.Poweroff));
        bed.Domain.Crash("too late");

        Assert.Equal([ShutdownReason.Reboot], told);
        Assert.Null(bed.Domain.CrashCause);
    }

    [Fact]
    public void A_defect_of_the_machine_crashes_the_domain_and_not_the_process()
    {
        using var bed = new ThreadBed();
        bed.Engine[0].Script = _ => throw new InvalidOperationException("broken on purpose");
        bed.Domain.Unpause();

        ThreadBed.Await(() => bed.Domain.Shutdown == ShutdownReason.Crash);
        Assert.Contains("broken on purpose", bed.Domain.CrashCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vcpu_that_was_never_up_runs_nothing_until_it_is_brought_up()
    {
        using var bed = new ThreadBed(vcpus: 2, online: 1);
        var ran = 0;
        bed.Engine[1].Script = _ =>
        {
            Volatile.Write(ref ran, 1);
            return null;
        };
        var turns = 0L;
        bed.Engine[0].Script = _ =>
        {
            Interlocked.Increment(ref turns);
            return ExitReason.Interrupted;
        };
        bed.Domain.Unpause();
        ThreadBed.Await(() => Interlocked.Read(ref turns) > 1000);
        Assert.Equal(0, Volatile.Read(ref ran));

        bed.Domain.Vcpus[1].InitialiseForBoot(0x1000, 0x2000, 0);
        bed.Domain.Vcpus[1].BringUp();
        ThreadBed.Await(() => Volatile.Read(ref ran) == 1);
    }
}
