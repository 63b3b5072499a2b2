using System.Runtime.CompilerServices;

namespace Xenolith.Engine;

/// <summary>
/// A domain's machine address space as a list of windows (design 4.2 rule 12): its own RAM, hypervisor pages, foreign grants.
/// Every page walk, TLB fill and copy goes through it; nothing outside the windows is nameable by the guest.
/// <para>Thread ownership: reading is free for all threads. Windows are added and removed under the machine's memory lock, by replacing
/// an immutable array; memory of a removed window may be unmapped only after every engine has forgotten its frames.</para>
/// </summary>
public sealed unsafe class MachineFrames
{
    /// <summary>Bytes in a frame.</summary>
    public const int PageSize = 4096;

    private volatile Window[] _windows = [];

    /// <summary>Who wants to know about writes to code frames; the engine sets it.</summary>
    public ICodeWatcher? CodeWatcher { get; set; }

    /// <summary>The windows, in order of their first frame.</summary>
    public IReadOnlyList<Window> Windows => _windows;

    /// <summary>One run of machine frames with their memory.</summary>
    /// <param name="FirstMfn">First machine frame number.</param>
    /// <param name="Count">Number of frames.</param>
    /// <param name="Memory">Host address of the first frame; page-aligned.</param>
    /// <param name="Flags">Host address of one <see cref="FrameFlags"/> word a frame.</param>
    public sealed record Window(ulong FirstMfn, ulong Count, nint Memory, nint Flags);

    /// <summary>Adds a window; throws <see cref="ArgumentException"/> if it overlaps another.</summary>
    public void Add(Window window)
    {
        ArgumentNullException.ThrowIfNull(window);
        var list = new List<Window>(_windows);
        foreach (var other in list)
        {
            if (window.FirstMfn < other.FirstMfn + other.Count && other.FirstMfn < window.FirstMfn + window.Count)
            {
                throw new ArgumentException($"frames {window.FirstMfn:x}+{window.Count:x} overlap {other.FirstMfn:x}+{other.Count:x}", nameof(window));
            }
        }

        list.Add(window);
        list.Sort((a, b) => a.FirstMfn.CompareTo(b.FirstMfn));
        _windows = [.. list];
    }

    /// <summary>Removes a window. The caller has made every engine forget its frames.</summary>
    public void Remove(Window window) => _windows = [.. _windows.Where(w => !ReferenceEquals(w, window))];

    /// <summary>Host address of a frame, or 0 if the domain has no such frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint PageOf(ulong mfn)
    {
        foreach (var window in _windows)
        {
            var index = mfn - window.FirstMfn;
            if (index < window.Count)
            {
                return window.Memory + (nint)(index * PageSize);
            }
        }

        return 0;
    }

    /// <summary>Host address of a frame's <see cref="FrameFlags"/> word, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint FlagsAddressOf(ulong mfn)
    {
        foreach (var window in _windows)
        {
            var index = mfn - window.FirstMfn;
            if (index < window.Count)
            {
                return window.Flags + (nint)(index * sizeof(uint));
            }
        }

        return 0;
    }

    /// <summary>A frame's flags; <see cref="FrameFlags.None"/> for a frame that does not exist.</summary>
    public FrameFlags FlagsOf(ulong mfn)
    {
        var address = FlagsAddressOf(mfn);
        // SAFETY: a non-zero address points at the frame's flag word inside a live window.
        return address == 0 ? FrameFlags.None : (FrameFlags)Volatile.Read(ref *(uint*)address);
    }

    /// <summary>Sets and clears flags of a frame in one interlocked step each; returns the flags before the first step.</summary>
    public FrameFlags ChangeFlags(ulong mfn, FrameFlags set, FrameFlags clear)
    {
        var address = FlagsAddressOf(mfn);
        if (address == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(mfn), $"no machine frame {mfn:x}");
        }

        // SAFETY: as in FlagsOf.
        var word = (uint*)address;
        var before = Interlocked.Or(ref *word, (uint)set);
        if (clear != FrameFlags.None)
        {
            Interlocked.And(ref *word, ~(uint)clear);
        }

        return (FrameFlags)before;
    }

    /// <summary>A frame's bytes for reading, or an empty span if the domain has no such frame. Guest memory changes under the reader: copy once, then check.</summary>
    public ReadOnlySpan<byte> Read(ulong mfn)
    {
        var page = PageOf(mfn);
        // SAFETY: the page is 4096 bytes of a live window.
        return page == 0 ? default : new ReadOnlySpan<byte>((void*)page, PageSize);
    }

    /// <summary>
    /// Writes into a frame on behalf of the machine or a backend. The one door for host-side writes: keeps translated code honest.
    /// False if there is no such frame.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the page: the caller's mistake, never the guest's.</exception>
    public bool Write(ulong mfn, int offset, ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + data.Length, PageSize, nameof(data));
        var page = PageOf(mfn);
        if (page == 0)
        {
            return false;
        }

        // SAFETY: checked above to lie inside the page.
        data.CopyTo(new Span<byte>((byte*)page + offset, data.Length));
        NoteWrite(mfn, offset, data.Length);
        return true;
    }

    /// <summary>Tells the engine that bytes of a frame were written directly (a backend's read(2) into guest memory, an atomic).</summary>
    public void NoteWrite(ulong mfn, int offset, int length)
    {
        if ((FlagsOf(mfn) & FrameFlags.Code) != 0)
        {
            CodeWatcher?.CodeWritten(mfn, offset, length);
        }
    }
}
