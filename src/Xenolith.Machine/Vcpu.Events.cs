using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>Being told of events.</summary>
public sealed partial class Vcpu
{
    private int _threadId;

    /// <summary>Port of each virtual interrupt that this vCPU bound; 0: none. Written under the event channels' lock.</summary>
    internal uint[] VirqPorts { get; } = new uint[Virq.Count];

    /// <summary>
    /// Sets evtchn_upcall_pending; when it was 0 the vCPU is kicked out of guest code or woken, whatever the mask says (design 4.2 rule 6). Any thread.
    /// </summary>
    internal void MarkEventsPending()
    {
        if (SharedWord.TestAndSet8(Info + VcpuInfoLayout.UpcallPending) && Environment.CurrentManagedThreadId != Volatile.Read(ref _threadId))
        {
            Engine.Kick();
            _wake.Wake();
        }
    }

    /// <summary>A port became pending while this vCPU polls. Any thread.</summary>
    internal void WakePoller() => _wake.Wake();
}
