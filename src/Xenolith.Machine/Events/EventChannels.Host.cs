using Xenolith.Abi;

namespace Xenolith.Machine.Events;

/// <summary>What Domain-0 does: the domain builder allocates ports, backends bind them.</summary>
public sealed partial class EventChannels
{
    /// <summary>Makes a port that a domain may bind, as the domain builder does for xenstore and console.</summary>
    /// <returns>The guest's port number.</returns>
    /// <exception cref="InvalidOperationException">No port is free.</exception>
    public uint AllocateUnbound(int remoteDomain = 0)
    {
        lock (_lock)
        {
            if (Allocate(out var port) != 0)
            {
                throw new InvalidOperationException($"domain {_domain.Id} has no free event channel port (limit {MaximumPort})");
            }

            port.RemoteDomain = remoteDomain;
            port.NotifyVcpu = 0;
            port.State = PortState.Unbound;
            return port.Number;
        }
    }

    /// <summary>
    /// Binds a backend to a guest's unbound port. The callback is called whenever the guest sends, on the vCPU's thread: it must only set a flag or wake
    /// someone. It is called once at once, since the guest may have sent before.
    /// </summary>
    /// <param name="guestPort">What the guest wrote to the store (or start_info holds): hostile.</param>
    /// <param name="notified">The callback; may come after <see cref="HostEventPort.Close"/> once.</param>
    /// <param name="port">The backend's end.</param>
    /// <returns>False if the port does not exist, is in use, or is not for Domain-0.</returns>
    public bool TryBindHost(uint guestPort, Action notified, out HostEventPort? port)
    {
        port = null;
        lock (_lock)
        {
            if (Find(guestPort) is not { State: PortState.Unbound, RemoteDomain: 0 } guest)
            {
                return false;
            }

            port = new HostEventPort(this, guestPort, _nextHostPort++, notified);
            guest.Host = port;
            guest.RemotePort = port.HostPort;
            guest.State = PortState.Interdomain;
        }

        notified();
        return true;
    }

    internal void NotifyGuest(HostEventPort host)
    {
        if (Find(host.GuestPort) is { State: PortState.Interdomain } port && ReferenceEquals(port.Host, host))
        {
            SetPending(port);
        }
    }

    internal void CloseHost(HostEventPort host)
    {
        lock (_lock)
        {
            host.MarkClosed();
            if (Find(host.GuestPort) is { State: PortState.Interdomain } port && ReferenceEquals(port.Host, host))
            {
                port.State = PortState.Unbound;
                port.Host = null;
                port.RemotePort = 0;
            }
        }
    }
}
