namespace Xenolith.Machine.Events;

/// <summary>
/// Domain-0's end of an event channel: what a backend holds. Any thread.
/// </summary>
public sealed class HostEventPort
{
    private readonly EventChannels _channels;
    private readonly Action _notified;
    private volatile bool _closed;

    internal HostEventPort(EventChannels channels, uint guestPort, uint hostPort, Action notified)
    {
        _channels = channels;
        GuestPort = guestPort;
        HostPort = hostPort;
        _notified = notified;
    }

    /// <summary>The guest's port.</summary>
    public uint GuestPort { get; }

    /// <summary>Number of this end among Domain-0's ports, as EVTCHNOP_status shows it.</summary>
    public uint HostPort { get; }

    /// <summary>True once either side closed the channel.</summary>
    public bool Closed => _closed;

    /// <summary>Tells the guest that there is something to do. Nothing happens on a closed channel.</summary>
    public void Notify()
    {
        if (!_closed)
        {
            _channels.NotifyGuest(this);
        }
    }

    /// <summary>Closes this end; the guest's port becomes unbound. Idempotent.</summary>
    public void Close()
    {
        if (!_closed)
        {
            _channels.CloseHost(this);
        }
    }

    /// <summary>The guest sent. On a vCPU's thread.</summary>
    internal void Deliver()
    {
        if (!_closed)
        {
            _notified();
        }
    }

    internal void MarkClosed() => _closed = true;
}
