namespace Xenolith.Machine.Events;

/// <summary>What a port is used for.</summary>
internal enum PortState
{
    /// <summary>Not in use.</summary>
    Free,

    /// <summary>Port 0, which never exists.</summary>
    Reserved,

    /// <summary>Waits for the other end to bind.</summary>
    Unbound,

    /// <summary>Bound to a backend of Domain-0, or to another port of the same domain.</summary>
    Interdomain,

    /// <summary>A virtual interrupt.</summary>
    Virq,

    /// <summary>Between vCPUs.</summary>
    Ipi,
}

/// <summary>
/// One port of a guest. Fields change under <see cref="EventChannels"/>' lock; <see cref="State"/> is written last when a port comes to life and first
/// when it goes, so that senders without the lock see a whole port or none.
/// </summary>
internal sealed class EventPort(uint number)
{
    private volatile PortState _state = number == 0 ? PortState.Reserved : PortState.Free;

    public uint Number { get; } = number;

    public PortState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>vCPU that is told.</summary>
    public int NotifyVcpu { get; set; }

    /// <summary>The virtual interrupt's number.</summary>
    public int Virq { get; set; }

    /// <summary>Domain at the other end, or that may bind.</summary>
    public int RemoteDomain { get; set; }

    /// <summary>Port at the other end, when bound.</summary>
    public uint RemotePort { get; set; }

    /// <summary>The backend at the other end; null for a channel within the domain.</summary>
    public HostEventPort? Host { get; set; }

    /// <summary>FIFO: its priority.</summary>
    public int Priority { get; set; } = FifoEvents.DefaultPriority;

    /// <summary>FIFO: where it was last linked.</summary>
    public int LastVcpu { get; set; }

    /// <summary>FIFO: see <see cref="LastVcpu"/>.</summary>
    public int LastPriority { get; set; } = FifoEvents.DefaultPriority;

    /// <summary>FIFO: became pending before its event word existed.</summary>
    public bool PendingLater { get; set; }
}
