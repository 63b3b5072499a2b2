using System.Runtime.CompilerServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Host;

namespace Xenolith.Machine.Memory;

/// <summary>
/// A domain's machine memory: its RAM, of which the host holds what was touched, the pages the hypervisor owns, the
/// machine-to-physical table, and the word that accounts for each frame.
/// <para>Thread ownership: any thread. Lock order: the growth lock, then the allocators' locks, which are leaves.</para>
/// </summary>
public sealed class DomainMemory : IDisposable
{
    /// <summary>Room beyond the maximum, so that an exchange finds its new frames before it gives up the old.</summary>
    private const ulong SpareFrames = 512;

    private readonly Lock _growth = new();
    private readonly DomainRam _ram;
    private readonly HostMemory _flags;
    private readonly nint _ramAddress, _flagsAddress;
    private readonly FrameAllocator _allocator;
    private readonly AbsentHardware _absentHardware;
    private long _totalPages;
    private ulong _maximumPages;
    private IEngine? _engine;

    /// <summary>Makes the memory of a domain; nothing of it is touched.</summary>
    /// <param name="maximumPages">Pages the domain may have until <see cref="TrySetMaximum"/>.</param>
    /// <param name="roomPages">Pages it could ever have: only addresses are taken for them. Less than the maximum: the maximum.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MachineLayout.MaximumRamFrames"/>, or none.</exception>
    /// <exception cref="IOException">The host has no room for the mapping.</exception>
    public DomainMemory(ulong maximumPages, ulong roomPages = 0)
    {
        ArgumentOutOfRangeException.ThrowIfZero(maximumPages);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumPages, MachineLayout.MaximumRamFrames);
        WindowPages = WindowOf(maximumPages);
        MaximumPages = maximumPages;
        var room = WindowOf(Math.Clamp(roomPages, maximumPages, MachineLayout.MaximumRamFrames));
        ForeignMfn = MachineLayout.RamMfn + room;
        var limit = ForeignMfn + MachineLayout.ForeignFrameCount;

        Frames = new MachineFrames();
        Table = new FrameTable(limit);
        Hypervisor = new HypervisorPages(Frames, Table);
        MachineToPhys = new MachineToPhys(Frames, Hypervisor, limit);
        _absentHardware = new AbsentHardware(Frames, Table);
        _ram = new DomainRam(room);
        _flags = HostMemory.CreatePrivate((long)room * sizeof(uint));
        (_ramAddress, _flagsAddress) = (_ram.Address, _flags.Address);
        _allocator = new FrameAllocator(MachineLayout.RamMfn, WindowPages);
        Frames.Add(new MachineFrames.Window(MachineLayout.RamMfn, room, _ram.Address, _flags.Address));

        MachineToPhys.Expose(MachineLayout.HypervisorPagesMfn, MachineLayout.HypervisorPageCount);
        MachineToPhys.ExposeInvalidBelow(MachineLayout.RamMfn);
        MachineToPhys.Expose(MachineLayout.RamMfn, WindowPages);
        MachineToPhys.Expose(ForeignMfn, MachineLayout.ForeignFrameCount);
        Hypervisor.MachineToPhys = MachineToPhys;
        Walk = new PageWalk(Frames) { XenRootMfn = MachineToPhys.XenRootMfn };
        Copy = new GuestCopy(Frames, Walk);
    }

    /// <summary>The machine address space.</summary>
    public MachineFrames Frames { get; }

    /// <summary>Walks the guest's page tables; shared with the engine.</summary>
    public PageWalk Walk { get; }

    /// <summary>Reads and writes guest virtual memory.</summary>
    public GuestCopy Copy { get; }

    /// <summary>The machine-to-physical table.</summary>
    public MachineToPhys MachineToPhys { get; }

    /// <summary>The pages the hypervisor owns.</summary>
    public HypervisorPages Hypervisor { get; }

    /// <summary>Pages of RAM that can be handed out, whether the domain has them or not. Grows with the maximum.</summary>
    public ulong WindowPages { get; private set; }

    /// <summary>
    /// Pages the domain may have (Xen's max_pages); at most <see cref="WindowPages"/>. Lowering it takes nothing away: the domain gets no new page
    /// until it has fewer.
    /// </summary>
    public ulong MaximumPages
    {
        get => Volatile.Read(ref _maximumPages);
        private set => Volatile.Write(ref _maximumPages, value);
    }

    /// <summary>Changes <see cref="MaximumPages"/> (XEN_DOMCTL_max_mem); false if the machine address space has no room for so many.</summary>
    public bool TrySetMaximum(ulong pages)
    {
        lock (_growth)
        {
            if (pages > ForeignMfn - MachineLayout.RamMfn - SpareFrames)
            {
                return false;
            }

            var window = WindowOf(pages);
            if (window > WindowPages)
            {
                // Before a frame can be handed out, the guest must be able to look it up.
                MachineToPhys.Expose(MachineLayout.RamMfn + WindowPages, window - WindowPages);
                _allocator.Extend(window);
                WindowPages = window;
            }

            MaximumPages = pages;
            return true;
        }
    }

    /// <summary>Called after the domain gave pages back or took new ones, on the vCPU's thread: it must only pass the news on.</summary>
    public Action? Resized { get; set; }

    /// <summary>Pages the domain has (Xen's tot_pages).</summary>
    public ulong TotalPages => (ulong)Volatile.Read(ref _totalPages);

    /// <summary>First frame for pages of other domains.</summary>
    public ulong ForeignMfn { get; }

    /// <summary>True if a number lies in the window of the domain's own RAM, whether there is such a frame at present or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsRam(ulong mfn) => mfn - MachineLayout.RamMfn < ForeignMfn - MachineLayout.RamMfn;

    /// <summary>Host address of a frame for which <see cref="IsRam"/> is true: what <see cref="MachineFrames.PageOf"/> finds, for those who ask for every page of a request.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nint RamPage(ulong mfn) => _ramAddress + (nint)((mfn - MachineLayout.RamMfn) * MachineFrames.PageSize);

    /// <summary>True if a frame for which <see cref="IsRam"/> is true has been translated as code (<see cref="FrameFlags.Code"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsCode(ulong mfn) => (SharedWord.Load32(_flagsAddress + (nint)((mfn - MachineLayout.RamMfn) * sizeof(uint))) & (uint)FrameFlags.Code) != 0;

    /// <summary>The words that account for frames.</summary>
    internal FrameTable Table { get; }

    /// <summary>Tells the memory which engine caches its frames. Once, before the first vCPU runs.</summary>
    public void Attach(IEngine engine) => _engine = engine;

    /// <summary>The domain's E820 map (XENMEM_memory_map); empty: none, and the guest takes what it was given. Replaced whole.</summary>
    public MemoryMapEntry[] Map { get; set; } = [];

    /// <summary>Takes a free frame for the domain; it reads as zero. False if the domain has its maximum or nothing is free.</summary>
    public bool TryAllocate(out ulong mfn) => TryAllocate(1, 1, out mfn);

    /// <summary>Takes contiguous free frames for the domain; they read as zero.</summary>
    /// <param name="count">How many.</param>
    /// <param name="alignment">A power of two that the first frame number is a multiple of.</param>
    /// <param name="mfn">The first frame.</param>
    /// <returns>False if the domain would exceed its maximum, or there is no such run.</returns>
    public bool TryAllocate(ulong count, ulong alignment, out ulong mfn)
    {
        mfn = 0;
        if ((ulong)Interlocked.Add(ref _totalPages, (long)count) > MaximumPages
            || !(count == 1 ? _allocator.TryAllocate(out mfn) : _allocator.TryAllocate(count, alignment, out mfn)))
        {
            Interlocked.Add(ref _totalPages, -(long)count);
            return false;
        }

        Own(mfn, count);
        return true;
    }

    /// <summary>Takes contiguous, naturally aligned frames in place of others that the caller is about to give up: the maximum does not count.</summary>
    internal bool TryReplace(ulong count, out ulong mfn)
    {
        if (!_allocator.TryAllocate(count, count, out mfn))
        {
            return false;
        }

        Own(mfn, count);
        return true;
    }

    /// <summary>Settles the page count after a replacement: the release of the old (or, undone, of the new) frames took them off it.</summary>
    internal void NoteReplaced(ulong count) => Interlocked.Add(ref _totalPages, (long)count);

    /// <summary>The last reference to a frame of the domain's RAM went: the host gets the page back, and the number is free.</summary>
    internal void Release(ulong mfn)
    {
        _engine?.ForgetFrame(mfn);
        _ram.Release(mfn - MachineLayout.RamMfn);
        MachineToPhys.Set(mfn, AddressSpace.InvalidMachineToPhysEntry);
        Interlocked.Decrement(ref _totalPages);
        _allocator.Release(mfn);
    }

    private static ulong WindowOf(ulong pages) => ((pages + 511) & ~511UL) + SpareFrames;

    private void Own(ulong mfn, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            Volatile.Write(ref Table[mfn + i], FrameState.Allocated | FrameState.OneReference);
        }
    }

    /// <summary>Unmaps everything. No vCPU and no backend may use the frames any more.</summary>
    public void Dispose()
    {
        MachineToPhys.Dispose();
        Hypervisor.Dispose();
        _absentHardware.Dispose();
        Table.Dispose();
        _ram.Dispose();
        _flags.Dispose();
    }
}
