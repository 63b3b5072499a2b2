using Xenolith.Engine;
using Xenolith.Host;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Privileged;
using Xenolith.Machine.Traps;

namespace Xenolith.Machine;

/// <summary>The run loop: guest code, exits, and the test for pending events that ends every exit (design 4.2 rule 6).</summary>
public sealed partial class Vcpu
{
    private UpcallBrake _brake;

    /// <summary>Exits so far, by <see cref="ExitReason"/>.</summary>
    internal long[] ExitCounts { get; } = new long[(int)ExitReason.Failed + 1];

    /// <summary>The thread's body.</summary>
    private void Main()
    {
        Volatile.Write(ref _threadId, Environment.CurrentManagedThreadId);
        TimerSlack.MakeExact();
        WriteTimeInfo();
        try
        {
            while (PrepareToRun())
            {
                HandleExit(Engine.Run());
            }
        }
        catch (Exception error)
        {
            // A defect of ours must not take the process down silently, nor another domain with it.
            Domain.Crash($"internal error on vcpu {Id}: {error}");
        }

        EnterPark();
    }

    /// <summary>
    /// Does everything that waits for this vCPU and delivers pending events. True when guest code may run, false when the thread must end.
    /// </summary>
    internal bool PrepareToRun()
    {
        while (true)
        {
            if (Volatile.Read(ref _attention) != 0)
            {
                // The exchange is a full barrier: whatever was set before Attend is seen below.
                Interlocked.Exchange(ref _attention, 0);
                // A new thread counts as parked, so that whoever pauses before its first turn need not wait for it.
                if ((_parked || !MayRun) && !Park())
                {
                    return false;
                }

                BookSteal();
                TimeInfoInterrupted();
            }

            if (NmiPending && !NmiMasked)
            {
                AsyncTraps.DeliverNmi(this);
            }

            if (UpcallDue && !_brake.Holds(Registers.Rip, Registers.Rsp))
            {
                BounceFrame.DeliverEvent(this);
            }

            if (Volatile.Read(ref _attention) == 0)
            {
                return true;
            }
        }
    }

    /// <summary>Acts on one exit of the engine.</summary>
    internal void HandleExit(ExitReason reason)
    {
        ExitCounts[(int)reason]++;
        switch (reason)
        {
            case ExitReason.Interrupted:
                TimeInfoInterrupted();
                break;
            case ExitReason.Hypercall:
                HypercallDispatch.FromRegisters(this);
                break;
            case ExitReason.Syscall:
                SyscallTraps.Syscall(this);
                break;
            case ExitReason.Sysenter:
                SyscallTraps.Sysenter(this);
                break;
            case ExitReason.Exception:
                Exceptions.FromEngine(this);
                break;
            case ExitReason.SoftwareInterrupt:
                Exceptions.SoftwareInterrupt(this);
                break;
            case ExitReason.Privileged:
                PrivilegedInstructions.Emulate(this);
                break;
            case ExitReason.Failed when !InKernel && Registers.Compatibility != 0:
                // A process of a 64-bit guest in 32-bit code, which engines may refuse: that process ends, not the domain.
                Domain.Log.WriteGuestCaused($"vcpu {Id}: 32-bit user code at {Registers.Rip:x} is not supported: #UD");
                Exceptions.Inject(this, Exceptions.InvalidOpcode, null);
                break;
            default:
                Domain.Crash($"the engine cannot go on at rip {Registers.Rip:x} (code {Registers.ExitErrorCode:x})");
                break;
        }
    }

    /// <summary>Sleeps until the vCPU may run; false if the domain dies.</summary>
    private bool Park()
    {
        ChangeRunstate(RunstateOf(parked: true));
        while (true)
        {
            EnterPark();
            var ticket = _wake.Ticket;
            if (Domain.Dying)
            {
                return false;
            }

            if (!MayRun)
            {
                _wake.Sleep(ticket, long.MaxValue);
                continue;
            }

            lock (_parkMonitor)
            {
                _parked = false;
            }

            // Whoever paused before the lock saw us parked and counts on it: look once more.
            if (MayRun)
            {
                ChangeRunstate(RunstateOf(parked: false));
                TimeInfoInterrupted();
                return true;
            }
        }
    }

    private void EnterPark()
    {
        lock (_parkMonitor)
        {
            _parked = true;
            Monitor.PulseAll(_parkMonitor);
        }
    }
}
