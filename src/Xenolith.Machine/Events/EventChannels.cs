using Xenolith.Abi;

namespace Xenolith.Machine.Events;

/// <summary>
/// A domain's event channels: the table of ports and what the guest and Domain-0's backends do with them.
/// <para>Any thread. Lock: <c>_lock</c> for binding and closing, a leaf; sending takes none. A backend's callback runs on the sending vCPU's thread,
/// with no lock held.</para>
/// </summary>
public sealed partial class EventChannels
{
    /// <summary>DOMID_SELF.</summary>
    public const int Self = 0x7ff0;

    private readonly Domain _domain;
    private readonly Lock _lock = new();
    private volatile EventPort[] _ports = [new EventPort(0)];
    private IEventAbi _abi;
    private uint _nextHostPort = 1;
    private ulong _pollers;

    internal EventChannels(Domain domain)
    {
        _domain = domain;
        _abi = new TwoLevelEvents(domain);
    }

    /// <summary>Highest port that may exist (xl's event_channels; 1023 if not set).</summary>
    public uint MaximumPort { get; set; } = 1023;

    /// <summary>Ports in use.</summary>
    public int InUse => _ports.Count(p => p.State > PortState.Reserved);

    /// <summary>True for a number below the highest that ever existed; it may be free.</summary>
    public bool IsValid(uint port) => port < (uint)_ports.Length;

    /// <summary>True if a port's event is pending, masked or not.</summary>
    public bool IsPending(uint port) => Find(port) is { } found && Volatile.Read(ref _abi).IsPending(found);

    /// <summary>Sends through a port, as EVTCHNOP_send. Returns 0 or a positive error.</summary>
    internal int Send(uint number)
    {
        if (Find(number) is not { } port)
        {
            return XenErrno.EINVAL;
        }

        switch (port.State)
        {
            case PortState.Interdomain:
                if (port.Host is { } host)
                {
                    host.Deliver();
                }
                else if (Find(port.RemotePort) is { State: PortState.Interdomain } remote)
                {
                    SetPending(remote);
                }

                return 0;
            case PortState.Ipi:
                SetPending(port);
                return 0;
            case PortState.Unbound:
                return 0;
            default:
                return XenErrno.EINVAL;
        }
    }

    /// <summary>Raises a virtual interrupt on a vCPU that has bound it. No lock: called by timers.</summary>
    internal void RaiseVirq(Vcpu vcpu, int virq)
    {
        var number = Volatile.Read(ref vcpu.VirqPorts[virq]);
        if (number != 0 && Find(number) is { State: PortState.Virq } port)
        {
            SetPending(port);
        }
    }

    /// <summary>Wakes the vCPUs in SCHEDOP_poll, so that they look again.</summary>
    internal void WakePollers()
    {
        var mask = Volatile.Read(ref _pollers);
        while (mask != 0)
        {
            _domain.Vcpus[System.Numerics.BitOperations.TrailingZeroCount(mask)].WakePoller();
            mask &= mask - 1;
        }
    }

    /// <summary>Marks a vCPU as polling. A full barrier, so that it then sees every port that a sender did not see it for.</summary>
    internal void SetPolling(int vcpu, bool polling)
    {
        if (polling)
        {
            Interlocked.Or(ref _pollers, 1UL << vcpu);
        }
        else
        {
            Interlocked.And(ref _pollers, ~(1UL << vcpu));
        }
    }

    private void SetPending(EventPort port) => Volatile.Read(ref _abi).SetPending(port);

    private EventPort? Find(uint number)
    {
        var ports = _ports;
        return number < (uint)ports.Length ? ports[number] : null;
    }

    /// <summary>Finds or makes a free port. Under the lock. Returns 0 or a positive error.</summary>
    private int Allocate(out EventPort port)
    {
        foreach (var candidate in _ports)
        {
            if (candidate.State == PortState.Free && !_abi.IsBusy(candidate))
            {
                port = candidate;
                return 0;
            }
        }

        port = _ports[0];
        var number = (uint)_ports.Length;
        if (number > MaximumPort || number >= _abi.Limit)
        {
            return XenErrno.ENOSPC;
        }

        var grown = new EventPort[Math.Min(number + 64, Math.Min(MaximumPort + 1, _abi.Limit))];
        _ports.CopyTo(grown, 0);
        for (var i = number; i < grown.Length; i++)
        {
            grown[i] = new EventPort(i);
        }

        _ports = grown;
        port = grown[number];
        return 0;
    }

    private void Free(EventPort port)
    {
        port.State = PortState.Free;
        port.Host = null;
        port.NotifyVcpu = 0;
        port.RemotePort = 0;
        port.Priority = FifoEvents.DefaultPriority;
        _abi.ClearPending(port);
    }
}
