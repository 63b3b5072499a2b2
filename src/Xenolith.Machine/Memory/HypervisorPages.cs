using Xenolith.Engine;
using Xenolith.Host;

namespace Xenolith.Machine.Memory;

/// <summary>
/// The window of pages that the hypervisor owns in a domain's machine address space: shared_info, grant frames, Xen's part of the page
/// tables. The guest can map only those that are shared with it.
/// <para>Thread ownership: any thread.</para>
/// </summary>
public sealed class HypervisorPages : IDisposable
{
    private readonly HostMemory _pages;
    private readonly HostMemory _flags;
    private readonly FrameAllocator _allocator = new(MachineLayout.HypervisorPagesMfn, MachineLayout.HypervisorPageCount);
    private readonly MachineFrames _frames;
    private readonly FrameTable _table;

    internal HypervisorPages(MachineFrames frames, FrameTable table)
    {
        _frames = frames;
        _table = table;
        _pages = HostMemory.CreatePrivate((long)MachineLayout.HypervisorPageCount * MachineFrames.PageSize);
        _flags = HostMemory.CreatePrivate((long)MachineLayout.HypervisorPageCount * sizeof(uint));
        frames.Add(new MachineFrames.Window(MachineLayout.HypervisorPagesMfn, MachineLayout.HypervisorPageCount, _pages.Address, _flags.Address));
    }

    /// <summary>The machine-to-physical table, told about every page here. Set once it exists: its own tables are pages of this window.</summary>
    internal MachineToPhys? MachineToPhys { get; set; }

    /// <summary>Takes a zeroed page that the guest cannot map.</summary>
    /// <exception cref="InsufficientMemoryException">All pages are in use: a bound on the machine, not on the guest.</exception>
    public ulong Allocate() => TryTake(out var mfn) ? mfn : throw Exhausted();

    /// <summary>Takes a zeroed page that the guest may map, as Xen's share_xen_page_with_guest does for shared_info and grant frames.</summary>
    /// <param name="writable">False: the guest may map it only read-only.</param>
    /// <exception cref="InsufficientMemoryException">All pages are in use.</exception>
    public ulong AllocateShared(bool writable) => TryShare(writable, out var mfn) ? mfn : throw Exhausted();

    /// <summary>Gives a page back that no guest mapping refers to; its contents are dropped.</summary>
    /// <param name="mfn">From <see cref="Allocate"/> or <see cref="AllocateShared"/>.</param>
    /// <returns>False, and nothing is done, while the guest still maps a shared page.</returns>
    public bool TryRelease(ulong mfn)
    {
        ref var word = ref _table[mfn];
        var seen = Volatile.Read(ref word);
        if ((seen & FrameState.ReferenceCountMask) > FrameState.OneReference || Interlocked.CompareExchange(ref word, 0, seen) != seen)
        {
            return false;
        }

        _pages.Discard((long)(mfn - MachineLayout.HypervisorPagesMfn) * MachineFrames.PageSize, MachineFrames.PageSize);
        _allocator.Release(mfn);
        return true;
    }

    /// <summary>Unmaps the window.</summary>
    public void Dispose()
    {
        _pages.Dispose();
        _flags.Dispose();
    }

    private static InsufficientMemoryException Exhausted() =>
        new($"all {MachineLayout.HypervisorPageCount} hypervisor pages of the domain are in use");

    private bool TryTake(out ulong mfn)
    {
        if (!_allocator.TryAllocate(out mfn))
        {
            return false;
        }

        _frames.ChangeFlags(mfn, FrameFlags.ReadOnly, FrameFlags.None);
        MachineToPhys?.Set(mfn, Xenolith.Abi.AddressSpace.InvalidMachineToPhysEntry);
        return true;
    }

    private bool TryShare(bool writable, out ulong mfn)
    {
        if (!TryTake(out mfn))
        {
            return false;
        }

        if (writable)
        {
            _frames.ChangeFlags(mfn, FrameFlags.None, FrameFlags.ReadOnly);
        }

        // The type count of one is the hypervisor's and never falls: the page cannot become anything else.
        var type = writable ? FrameType.Writable : FrameType.None;
        Volatile.Write(ref _table[mfn], FrameState.Shared | FrameState.Validated | FrameState.Of(type) | FrameState.OneType | FrameState.OneReference);
        return true;
    }
}
