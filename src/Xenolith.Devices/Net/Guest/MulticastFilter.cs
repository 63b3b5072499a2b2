using Xenolith.Devices.Net.Frames;

namespace Xenolith.Devices.Net.Guest;

/// <summary>
/// The multicast addresses that a frontend wants, once it asked for such a filter (request-multicast-control). Changed by the transmit side of
/// any queue, read by the receive side of all. Locks: a leaf.
/// </summary>
/// <param name="active">The frontend asked for a filter.</param>
public sealed class MulticastFilter(bool active)
{
    /// <summary>Addresses that are kept, as in Linux's netback.</summary>
    public const int Most = 64;

    private readonly Lock _gate = new();
    private readonly EthernetAddress[] _groups = new EthernetAddress[Most];
    private int _count;
    private volatile bool _active = active;

    /// <summary>False lets everything pass, as long as the frontend asks for no filter.</summary>
    public bool Active
    {
        get => _active;
        set => _active = value;
    }

    /// <summary>Adds or deletes an address; false if there is no room.</summary>
    public bool Change(EthernetAddress group, bool add)
    {
        lock (_gate)
        {
            var place = _groups.AsSpan(0, _count).IndexOf(group);
            if (!add)
            {
                if (place >= 0)
                {
                    _groups[place] = _groups[--_count];
                }

                return true;
            }

            if (place >= 0)
            {
                return true;
            }

            if (_count == Most)
            {
                return false;
            }

            _groups[_count++] = group;
            return true;
        }
    }

    /// <summary>True if a frame to this address goes to the guest.</summary>
    public bool Passes(EthernetAddress destination)
    {
        if (!_active || !destination.IsGroup || destination == EthernetAddress.Broadcast)
        {
            return true;
        }

        lock (_gate)
        {
            return _groups.AsSpan(0, _count).IndexOf(destination) >= 0;
        }
    }
}
