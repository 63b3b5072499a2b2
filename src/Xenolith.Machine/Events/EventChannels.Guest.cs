using Xenolith.Abi;

namespace Xenolith.Machine.Events;

/// <summary>What the guest's kernel asks for. All return 0 or a positive error.</summary>
public sealed partial class EventChannels
{
    internal int AllocateUnboundFor(int domain, int remoteDomain, out uint number)
    {
        number = 0;
        if (CheckSelf(domain) is var error and not 0)
        {
            return error;
        }

        lock (_lock)
        {
            if (Allocate(out var port) is var full and not 0)
            {
                return full;
            }

            port.RemoteDomain = remoteDomain == Self ? _domain.Id : remoteDomain;
            port.State = PortState.Unbound;
            number = port.Number;
            return 0;
        }
    }

    /// <summary>Only channels within the domain can be bound from here: other domains' ports are bound by their backends.</summary>
    internal int BindInterdomain(int remoteDomain, uint remotePort, out uint number)
    {
        number = 0;
        if (remoteDomain == 0)
        {
            return XenErrno.EINVAL;
        }

        if (remoteDomain != Self && remoteDomain != _domain.Id)
        {
            return XenErrno.ESRCH;
        }

        EventPort local;
        lock (_lock)
        {
            if (Allocate(out local) is var full and not 0)
            {
                return full;
            }

            if (Find(remotePort) is not { State: PortState.Unbound } remote || remote.RemoteDomain != _domain.Id)
            {
                return XenErrno.EINVAL;
            }

            (local.RemoteDomain, local.RemotePort) = (_domain.Id, remotePort);
            (remote.RemoteDomain, remote.RemotePort) = (_domain.Id, local.Number);
            local.State = PortState.Interdomain;
            remote.State = PortState.Interdomain;
            number = local.Number;
        }

        // The other side may have sent before it was bound.
        SetPending(local);
        return 0;
    }

    internal int BindVirq(uint virq, uint vcpuId, out uint number)
    {
        number = 0;
        if (virq >= Virq.Count || (!Virq.IsPerVcpu((int)virq) && vcpuId != 0))
        {
            return XenErrno.EINVAL;
        }

        if (_domain.FindVcpu(vcpuId) is not { } vcpu)
        {
            return XenErrno.ENOENT;
        }

        lock (_lock)
        {
            if (vcpu.VirqPorts[virq] != 0)
            {
                return XenErrno.EEXIST;
            }

            if (Allocate(out var port) is var full and not 0)
            {
                return full;
            }

            port.Virq = (int)virq;
            port.NotifyVcpu = vcpu.Id;
            port.State = PortState.Virq;
            number = port.Number;
            Volatile.Write(ref vcpu.VirqPorts[virq], number);
            return 0;
        }
    }

    internal int BindIpi(uint vcpuId, out uint number)
    {
        number = 0;
        if (_domain.FindVcpu(vcpuId) is not { } vcpu)
        {
            return XenErrno.ENOENT;
        }

        lock (_lock)
        {
            if (Allocate(out var port) is var full and not 0)
            {
                return full;
            }

            port.NotifyVcpu = vcpu.Id;
            port.State = PortState.Ipi;
            number = port.Number;
            return 0;
        }
    }

    internal int Close(uint number)
    {
        lock (_lock)
        {
            if (Find(number) is not { State: > PortState.Reserved } port)
            {
                return XenErrno.EINVAL;
            }

            switch (port.State)
            {
                case PortState.Virq:
                    var owner = Virq.IsPerVcpu(port.Virq) ? port.NotifyVcpu : 0;
                    Volatile.Write(ref _domain.Vcpus[owner].VirqPorts[port.Virq], 0);
                    break;
                case PortState.Interdomain when port.Host is { } host:
                    host.MarkClosed();
                    break;
                case PortState.Interdomain when Find(port.RemotePort) is { State: PortState.Interdomain } remote && remote.RemotePort == number:
                    remote.State = PortState.Unbound;
                    remote.RemotePort = 0;
                    break;
            }

            Free(port);
            return 0;
        }
    }

    internal int BindVcpu(uint number, uint vcpuId)
    {
        if (_domain.FindVcpu(vcpuId) is null)
        {
            return XenErrno.ENOENT;
        }

        lock (_lock)
        {
            switch (Find(number))
            {
                case { State: PortState.Unbound or PortState.Interdomain } port:
                    port.NotifyVcpu = (int)vcpuId;
                    return 0;
                case { State: PortState.Virq } port when !Virq.IsPerVcpu(port.Virq):
                    port.NotifyVcpu = (int)vcpuId;
                    return 0;
                default:
                    return XenErrno.EINVAL;
            }
        }
    }

    internal int Unmask(uint number)
    {
        if (Find(number) is not { } port)
        {
            return XenErrno.EINVAL;
        }

        Volatile.Read(ref _abi).Unmask(port);
        return 0;
    }

    /// <summary>Closes every port and goes back to the 2-level ABI.</summary>
    internal int Reset(int domain)
    {
        if (CheckSelf(domain) is var error and not 0)
        {
            return error;
        }

        for (uint number = 1; IsValid(number); number++)
        {
            Close(number);
        }

        lock (_lock)
        {
            if (_abi is FifoEvents fifo)
            {
                Volatile.Write(ref _abi, new TwoLevelEvents(_domain));
                fifo.Release();
            }
        }

        return 0;
    }

    internal int SetPriority(uint number, uint priority)
    {
        if (Find(number) is not { } port)
        {
            return XenErrno.EINVAL;
        }

        if (_abi is not FifoEvents)
        {
            return XenErrno.ENOSYS;
        }

        if (priority > FifoEvents.LowestPriority)
        {
            return XenErrno.EINVAL;
        }

        port.Priority = (int)priority;
        return 0;
    }

    internal int InitControl(uint vcpuId, ulong mfn, uint offset)
    {
        if (_domain.FindVcpu(vcpuId) is null)
        {
            return XenErrno.ENOENT;
        }

        if (offset > Engine.MachineFrames.PageSize - FifoEvents.ControlBlockSize || (offset & 7) != 0)
        {
            return XenErrno.EINVAL;
        }

        lock (_lock)
        {
            if (_abi is FifoEvents current)
            {
                return current.SetControlBlock((int)vcpuId, mfn, (int)offset);
            }

            var fifo = new FifoEvents(_domain);
            if (fifo.SetControlBlock((int)vcpuId, mfn, (int)offset) is var error and not 0)
            {
                return error;
            }

            foreach (var port in _ports)
            {
                port.PendingLater = port.State > PortState.Reserved && _abi.IsPending(port);
                port.Priority = FifoEvents.DefaultPriority;
            }

            Volatile.Write(ref _abi, fifo);
            return 0;
        }
    }

    internal int ExpandArray(ulong mfn)
    {
        lock (_lock)
        {
            return _abi is FifoEvents fifo ? fifo.AddPage(mfn, Find) : XenErrno.EOPNOTSUPP;
        }
    }

    /// <summary>Describes a port for EVTCHNOP_status: status number, vCPU and two words that depend on it.</summary>
    internal int Status(int domain, uint number, out (uint Status, uint Vcpu, uint First, uint Second) status)
    {
        status = default;
        if (CheckSelf(domain) is var error and not 0)
        {
            return error;
        }

        lock (_lock)
        {
            if (Find(number) is not { } port)
            {
                return XenErrno.EINVAL;
            }

            var vcpu = (uint)port.NotifyVcpu;
            status = port.State switch
            {
                PortState.Unbound => (1, vcpu, (uint)port.RemoteDomain, 0),
                PortState.Interdomain => (2, vcpu, (uint)port.RemoteDomain, port.RemotePort),
                PortState.Virq => (4, vcpu, (uint)port.Virq, 0),
                PortState.Ipi => (5, vcpu, 0, 0),
                _ => (0, vcpu, 0, 0),
            };
            return 0;
        }
    }

    /// <summary>A domU may name only itself; Domain-0 exists, others do not for it.</summary>
    private int CheckSelf(int domain)
        => domain == Self || domain == _domain.Id ? 0 : domain == 0 ? XenErrno.EPERM : XenErrno.ESRCH;
}
