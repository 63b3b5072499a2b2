namespace Xenolith.Machine.Grants;

/// <summary>
/// What a guest has mapped of grants, by handle (Xen's maptrack). A part of a mapping that somebody is just taking down is not found by others.
/// <para>Any thread. Lock: <c>_lock</c>, a leaf; page tables are changed outside it.</para>
/// </summary>
internal sealed class GrantMapTrack
{
    /// <summary>Most mappings at a time. Xen has room for 262,144 by default; a guest that maps its own pages needs few.</summary>
    public const int Limit = 16384;

    private const uint Parts = GrantMapFlags.Host | GrantMapFlags.Device;
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly Stack<uint> _free = new();

    /// <summary>Takes a handle; false if there are too many.</summary>
    public bool TryAdd(in GrantMapping mapping, uint flags, out uint handle)
    {
        lock (_lock)
        {
            if (_free.TryPop(out handle))
            {
                _entries[(int)handle] = new(mapping, flags, flags & Parts);
                return true;
            }

            handle = (uint)_entries.Count;
            if (handle >= Limit)
            {
                return false;
            }

            _entries.Add(new(mapping, flags, flags & Parts));
            return true;
        }
    }

    /// <summary>Looks a mapping up.</summary>
    /// <param name="handle">Any number that a guest gave.</param>
    /// <param name="mapping">The pinned grant; each part of the mapping has a pin of its own.</param>
    /// <param name="flags">As it was mapped, with the parts (host, device) that are left.</param>
    public bool TryFind(uint handle, out GrantMapping mapping, out uint flags)
    {
        lock (_lock)
        {
            var entry = handle < (uint)_entries.Count ? _entries[(int)handle] : default;
            mapping = entry.Mapping;
            flags = (entry.Flags & ~Parts) | entry.Left;
            return entry.Left != 0;
        }
    }

    /// <summary>Claims one part for taking it down; false if it is not there any more, or if the handle stands for another mapping by now.</summary>
    public bool TryTake(uint handle, uint part, in GrantMapping mapping)
    {
        lock (_lock)
        {
            var entry = _entries[(int)handle];
            if ((entry.Left & part) == 0 || entry.Mapping != mapping)
            {
                return false;
            }

            _entries[(int)handle] = entry with { Left = entry.Left & ~part, Busy = entry.Busy + 1 };
            return true;
        }
    }

    /// <summary>Ends what <see cref="TryTake"/> began.</summary>
    /// <param name="handle">The mapping.</param>
    /// <param name="part">The part that was claimed.</param>
    /// <param name="gone">True: it is down, and with the last part the handle is free. False: it stays.</param>
    public void Settle(uint handle, uint part, bool gone)
    {
        lock (_lock)
        {
            var entry = _entries[(int)handle];
            entry = entry with { Left = gone ? entry.Left : entry.Left | part, Busy = entry.Busy - 1 };
            if (entry is { Left: 0, Busy: 0 })
            {
                entry = default;
                _free.Push(handle);
            }

            _entries[(int)handle] = entry;
        }
    }

    /// <summary>The mappings, each as often as it has parts. For a domain that is paused.</summary>
    public IEnumerable<GrantMapping> Held() => _entries.SelectMany(e => Enumerable.Repeat(e.Mapping, System.Numerics.BitOperations.PopCount(e.Left)));

    private readonly record struct Entry(GrantMapping Mapping, uint Flags, uint Left, int Busy = 0);
}
