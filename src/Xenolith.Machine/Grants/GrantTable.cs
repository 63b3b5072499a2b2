using System.Runtime.CompilerServices;
using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Grants;

/// <summary>
/// What a domain lends: its grant frames (hypervisor pages that the guest fills with entries) and who uses which entry now.
/// Entries are hostile: they are read once, and pinned by compare-and-exchange on their flags.
/// <para>Any thread. Lock: <c>_lock</c>, a leaf.</para>
/// </summary>
public sealed partial class GrantTable
{
    /// <summary>Entries that the ABI reserves at the table's start; they survive a change of version.</summary>
    public const int ReservedEntries = 8;

    private const int LargestEntrySize = 16, StatusesPerFrame = MachineFrames.PageSize / 2;
    private readonly Domain _domain;
    private readonly Lock _lock = new();
    private readonly List<HypervisorFrame> _frames = [];
    private readonly List<HypervisorFrame> _statusFrames = [];

    /// <summary>Host addresses of <see cref="_frames"/>.</summary>
    private nint[] _pages = [];

    /// <summary>One for each entry that exists.</summary>
    private Active[] _active = [];

    internal GrantTable(Domain domain) => _domain = domain;

    /// <summary>The most that <see cref="MaximumFrames"/> can be: a guest may name so many in one call.</summary>
    public const int FrameLimit = 512;

    /// <summary>Most grant frames (xl's max_grant_frames), 1 to <see cref="FrameLimit"/>; another number throws <see cref="ArgumentOutOfRangeException"/>.</summary>
    public int MaximumFrames
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, FrameLimit);
            field = value;
        }
    } = 64;

    /// <summary>Newest layout that the guest may choose (xl's max_grant_version).</summary>
    public int MaximumVersion { get; set; } = 2;

    /// <summary>Layout of the entries: 1 or 2.</summary>
    public int Version { get; private set; } = 1;

    /// <summary>Grants that backends or the guest itself hold now.</summary>
    public int InUse
    {
        get
        {
            lock (_lock)
            {
                return _active.Count(a => a.Pins != 0);
            }
        }
    }

    /// <summary>What the domain mapped of its own grants.</summary>
    internal GrantMapTrack Maps { get; } = new();

    /// <summary>Frames that exist.</summary>
    internal int FrameCount => _frames.Count;

    private int EntrySize => 1 << EntryShift;

    /// <summary>Binary logarithm of <see cref="EntrySize"/>, 8 bytes in version 1 and 16 in version 2: references are split on every map, and a division is dear.</summary>
    private int EntryShift => Version + 2;

    private int EntriesPerFrame => MachineFrames.PageSize >> EntryShift;

    /// <summary>
    /// Fills a reserved entry, as the domain builder does for the console (0) and the store (1), so that Domain-0 may map these pages.
    /// </summary>
    public void SeedReserved(uint reference, ulong mfn)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(reference, (uint)ReservedEntries);
        lock (_lock)
        {
            if (!Grow(1))
            {
                throw new InvalidOperationException("no hypervisor page left for a grant frame");
            }

            var entry = EntryOf(reference);
            SharedWord.Store32(entry + 4, (uint)mfn);
            SharedWord.Store32(entry, GrantFlags.PermitAccess);
        }
    }

    /// <summary>Makes at least so many frames; false above the limit. Under the lock or before the domain runs.</summary>
    internal bool Grow(int count)
    {
        if (count > MaximumFrames)
        {
            return false;
        }

        while (_frames.Count < count)
        {
            _frames.Add(HypervisorFrame.Allocate(_domain, writable: true));
        }

        if (_pages.Length < _frames.Count)
        {
            _pages = [.. _frames.Select(f => f.Page)];
        }

        while (Version == 2 && _statusFrames.Count * StatusesPerFrame < _frames.Count * EntriesPerFrame)
        {
            _statusFrames.Add(HypervisorFrame.Allocate(_domain, writable: true));
        }

        var entries = _frames.Count * EntriesPerFrame;
        if (_active.Length < entries)
        {
            Array.Resize(ref _active, entries);
        }

        return true;
    }

    /// <summary>Frame number of a grant frame, for setup_table.</summary>
    internal bool TrySetup(int count, Span<ulong> frames)
    {
        lock (_lock)
        {
            if (!Grow(count))
            {
                return false;
            }

            for (var i = 0; i < count; i++)
            {
                frames[i] = _frames[i].Mfn;
            }

            return true;
        }
    }

    /// <summary>Status frames of version 2, as many as asked for and there are. False in version 1 or for too many.</summary>
    internal bool TryGetStatusFrames(int count, Span<ulong> frames)
    {
        lock (_lock)
        {
            if (Version != 2 || count > _statusFrames.Count)
            {
                return false;
            }

            for (var i = 0; i < count; i++)
            {
                frames[i] = _statusFrames[i].Mfn;
            }

            return true;
        }
    }

    /// <summary>Changes the layout; only the reserved entries survive. 0 or a positive error (grants in use, or status frames mapped: EBUSY).</summary>
    internal int SetVersion(uint version)
    {
        if (version is not (1 or 2))
        {
            return XenErrno.EINVAL;
        }

        if (version > MaximumVersion)
        {
            return XenErrno.ENOSYS; // as a Xen from before there were versions
        }

        lock (_lock)
        {
            if (version == Version)
            {
                return 0;
            }

            for (var i = ReservedEntries; i < _active.Length; i++)
            {
                if (_active[i].Pins != 0)
                {
                    return XenErrno.EBUSY;
                }
            }

            if (version == 1 && !TryFreeStatusFrames())
            {
                return XenErrno.EBUSY;
            }

            Span<(uint Header, ulong Frame)> reserved = stackalloc (uint, ulong)[ReservedEntries];
            for (var i = 0; i < ReservedEntries && _frames.Count > 0; i++)
            {
                reserved[i] = (SharedWord.Load32(EntryOf((uint)i)), FrameOf(EntryOf((uint)i)));
            }

            Version = (int)version;
            foreach (var frame in _frames)
            {
                SharedWord.Bytes(frame.Page, MachineFrames.PageSize).Clear();
            }

            var active = _active;
            _active = [];
            Grow(_frames.Count);
            active.AsSpan(0, Math.Min(active.Length, ReservedEntries)).CopyTo(_active);
            for (var i = 0; i < ReservedEntries && _frames.Count > 0; i++)
            {
                var entry = EntryOf((uint)i);
                if (version == 1)
                {
                    SharedWord.Store32(entry + 4, (uint)reserved[i].Frame);
                }
                else
                {
                    SharedWord.Store64(entry + 8, reserved[i].Frame);
                }

                SharedWord.Store32(entry, reserved[i].Header);
            }

            return 0;
        }
    }

    /// <summary>Gives the status frames back; false, with as many as before, if the guest maps one of them. Under the lock.</summary>
    private bool TryFreeStatusFrames()
    {
        for (var i = _statusFrames.Count - 1; i >= 0; i--)
        {
            if (!_domain.Memory.Hypervisor.TryRelease(_statusFrames[i].Mfn))
            {
                _statusFrames.RemoveRange(i + 1, _statusFrames.Count - i - 1);
                Grow(_frames.Count);
                return false;
            }
        }

        _statusFrames.Clear();
        return true;
    }

    /// <summary>Exchanges two entries that nobody uses. A GNTST.</summary>
    internal short Swap(uint a, uint b)
    {
        lock (_lock)
        {
            if (!Exists(a) || !Exists(b))
            {
                return GrantStatus.BadReference;
            }

            if (_active[a].Pins != 0 || _active[b].Pins != 0)
            {
                return GrantStatus.TryAgain;
            }

            var first = SharedWord.Bytes(EntryOf(a), EntrySize);
            var second = SharedWord.Bytes(EntryOf(b), EntrySize);
            Span<byte> kept = stackalloc byte[LargestEntrySize];
            first.CopyTo(kept);
            second.CopyTo(first);
            kept[..EntrySize].CopyTo(second);
            return GrantStatus.Okay;
        }
    }

    private bool Exists(uint reference) => reference < (uint)_active.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint EntryOf(uint reference)
    {
        var offset = reference << EntryShift;
        return _pages[offset / MachineFrames.PageSize] + (nint)(offset % MachineFrames.PageSize);
    }

    private ulong FrameOf(nint entry) => Version == 1 ? SharedWord.Load32(entry + 4) : SharedWord.Load64(entry + 8);

    /// <summary>Version 2: where Xen's reading and writing flags of an entry stand.</summary>
    private nint StatusOf(uint reference) => _statusFrames[(int)reference / StatusesPerFrame].Page + (nint)((int)reference % StatusesPerFrame * 2);

    /// <summary>How an entry is used now.</summary>
    private struct Active
    {
        public ulong Mfn;
        public int Readers, Writers;

        public readonly int Pins => Readers + Writers;
    }
}
