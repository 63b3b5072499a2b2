using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Host;

namespace Xenolith.Machine.Memory;

/// <summary>
/// The machine-to-physical table: for each machine frame the guest frame it stands for, 8 bytes each, which a 64-bit guest reads at
/// <see cref="AddressSpace.MachineToPhysStart"/> through Xen's part of every address space. The table is sparse host memory; only parts
/// that cover frames the domain can have are mapped for the guest; below its RAM every frame reads as invalid, as the first GiBs of a real
/// machine never fault (NetBSD 10 looks up frame 0 for an empty entry), and the rest faults as the holes of a real machine do.
/// <para>Thread ownership: any thread; entries are single 64-bit stores.</para>
/// </summary>
public sealed unsafe class MachineToPhys : IDisposable
{
    private const int EntriesPerPage = MachineFrames.PageSize / sizeof(ulong);
    private const ulong PagesPerExtent = 512;
    private const ulong TableFlags = PageTableEntry.Present | PageTableEntry.User | PageTableEntry.Accessed;

    private readonly HostMemory _memory;
    private readonly HostMemory _flags;
    private readonly MachineFrames _frames;
    private readonly HypervisorPages _pages;
    private readonly ulong* _entries;

    internal MachineToPhys(MachineFrames frames, HypervisorPages pages, ulong limit)
    {
        _frames = frames;
        _pages = pages;
        Limit = limit;
        var tablePages = (limit + EntriesPerPage - 1) / EntriesPerPage;
        _memory = HostMemory.CreatePrivate((long)tablePages * MachineFrames.PageSize);
        _flags = HostMemory.CreatePrivate((long)tablePages * sizeof(uint));
        _entries = (ulong*)_memory.Address;
        frames.Add(new MachineFrames.Window(MachineLayout.MachineToPhysMfn, tablePages, _memory.Address, _flags.Address));
        XenRootMfn = pages.Allocate();
    }

    /// <summary>The L4 table whose Xen slots are every address space's (<see cref="PageWalk.XenRootMfn"/>).</summary>
    public ulong XenRootMfn { get; }

    /// <summary>First machine frame without an entry.</summary>
    public ulong Limit { get; }

    /// <summary>Sets a frame's entry (Xen's set_gpfn_from_mfn).</summary>
    public void Set(ulong mfn, ulong pfn)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(mfn, Limit);
        // SAFETY: checked against the table's length.
        Volatile.Write(ref _entries[mfn], pfn);
    }

    /// <summary>The guest frame of a machine frame; <see cref="AddressSpace.InvalidMachineToPhysEntry"/> if there is none.</summary>
    public ulong Get(ulong mfn) =>
        // SAFETY: checked against the table's length.
        mfn < Limit ? Volatile.Read(ref _entries[mfn]) : AddressSpace.InvalidMachineToPhysEntry;

    /// <summary>Lets the guest read the entries of a run of frames.</summary>
    internal void Expose(ulong firstMfn, ulong count)
    {
        var end = (firstMfn + count + EntriesPerPage - 1) / EntriesPerPage;
        for (var page = firstMfn / EntriesPerPage; page < end; page++)
        {
            Map(AddressSpace.MachineToPhysStart + (page * MachineFrames.PageSize), MachineLayout.MachineToPhysMfn + page);
        }
    }

    /// <summary>Lets the guest read all entries below a frame: what is not exposed shows one page of invalid entries, again and again.</summary>
    internal void ExposeInvalidBelow(ulong endMfn)
    {
        var invalid = _pages.Allocate();
        for (var i = 0; i < EntriesPerPage; i++)
        {
            *EntryAt(invalid, i) = AddressSpace.InvalidMachineToPhysEntry;
        }

        ulong hole = 0;
        for (ulong extent = 0; extent < endMfn / EntriesPerPage / PagesPerExtent; extent++)
        {
            var address = AddressSpace.MachineToPhysStart + (extent * PagesPerExtent * MachineFrames.PageSize);
            var table = TableOf(address, 1, create: false);
            if (table == 0)
            {
                // Extents without any frame share one table.
                var entry = Entry(TableOf(address, 2, create: true), address, 2);
                table = hole != 0 ? hole : hole = _pages.Allocate();
                *entry = (table << 12) | TableFlags;
            }

            for (var i = 0; i < EntriesPerPage; i++)
            {
                if (*EntryAt(table, i) == 0)
                {
                    *EntryAt(table, i) = (invalid << 12) | TableFlags | PageTableEntry.NoExecute;
                }
            }
        }
    }

    /// <summary>The frame behind the first entry of each 2 MiB of the table, or 0 for a part without frames (XENMEM_machphys_mfn_list).</summary>
    internal ulong ExtentMfn(ulong extent)
    {
        var address = AddressSpace.MachineToPhysStart + (extent * PagesPerExtent * MachineFrames.PageSize);
        return TableOf(address, 2, create: false) != 0 ? MachineLayout.MachineToPhysMfn + (extent * PagesPerExtent) : 0;
    }

    /// <summary>Unmaps the table.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _flags.Dispose();
    }

    private void Map(ulong address, ulong mfn)
    {
        _frames.ChangeFlags(mfn, FrameFlags.ReadOnly, FrameFlags.None);
        var table = TableOf(address, 1, create: true);
        *Entry(table, address, 1) = (mfn << 12) | TableFlags | PageTableEntry.NoExecute;
    }

    /// <summary>The frame of the table of a level that maps an address; 0 if it is not there and not to be made.</summary>
    private ulong TableOf(ulong address, int wanted, bool create)
    {
        var table = XenRootMfn;
        for (var level = 4; level > wanted; level--)
        {
            var entry = Entry(table, address, level);
            if ((*entry & PageTableEntry.Present) == 0)
            {
                if (!create)
                {
                    return 0;
                }

                *entry = (_pages.Allocate() << 12) | TableFlags;
            }

            table = PageTableEntry.FrameOf(*entry);
        }

        return table;
    }

    private ulong* Entry(ulong table, ulong address, int level) => EntryAt(table, (int)((address >> (12 + (9 * (level - 1)))) & 511));

    private ulong* EntryAt(ulong table, int index) =>
        // SAFETY: the table is a page of the hypervisor's window; the index is below 512.
        (ulong*)_frames.PageOf(table) + index;
}
