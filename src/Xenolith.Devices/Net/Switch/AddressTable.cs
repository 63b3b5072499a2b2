using Xenolith.Devices.Net.Frames;

namespace Xenolith.Devices.Net.Switch;

/// <summary>
/// Which connection an address was last seen on. Of fixed size: a sender that makes addresses up pushes out others, whose frames are then
/// flooded until they are seen again. Pure. Owned by one thread.
/// </summary>
public sealed class AddressTable
{
    private const int Sets = 256, Ways = 4;

    private readonly ulong[] _addresses = new ulong[Sets * Ways];
    private readonly int[] _links = new int[Sets * Ways];
    private int _victim;

    /// <summary>Notes that a frame from an address came over a connection, a number from 0.</summary>
    public void Learn(EthernetAddress address, int link)
    {
        if (address.IsGroup || address.Value == 0)
        {
            return;
        }

        var set = SetOf(address);
        var free = -1;
        for (var i = set; i < set + Ways; i++)
        {
            if (_addresses[i] == address.Value)
            {
                _links[i] = link;
                return;
            }

            if (_addresses[i] == 0)
            {
                free = i;
            }
        }

        var place = free >= 0 ? free : set + (_victim++ & (Ways - 1));
        _addresses[place] = address.Value;
        _links[place] = link;
    }

    /// <summary>The connection of an address; -1 if it is unknown.</summary>
    public int Find(EthernetAddress address)
    {
        var set = SetOf(address);
        for (var i = set; i < set + Ways; i++)
        {
            if (_addresses[i] == address.Value && address.Value != 0)
            {
                return _links[i];
            }
        }

        return -1;
    }

    /// <summary>Forgets what was seen on a connection that is gone.</summary>
    public void Forget(int link)
    {
        for (var i = 0; i < _addresses.Length; i++)
        {
            if (_links[i] == link)
            {
                _addresses[i] = 0;
            }
        }
    }

    private static int SetOf(EthernetAddress address) => (int)((address.Value * 0x9E37_79B9_7F4A_7C15) >> 56) * Ways;
}
