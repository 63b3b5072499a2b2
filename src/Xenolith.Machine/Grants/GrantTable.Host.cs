using System.Runtime.CompilerServices;
using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Grants;

/// <summary>What backends do with a guest's grants, as Domain-0.</summary>
public sealed partial class GrantTable
{
    /// <summary>Maps a granted page for a backend: pins the entry, so that the guest sees it in use until it is unmapped. Allocates nothing.</summary>
    /// <param name="reference">From a ring or the store: hostile.</param>
    /// <param name="writable">The backend wants to write; a read-only grant is then refused.</param>
    /// <param name="mapping">The page.</param>
    /// <returns>A <see cref="GrantStatus"/>; <see cref="GrantStatus.Okay"/> if the page is mapped.</returns>
    public short Map(uint reference, bool writable, out GrantMapping mapping) => Map(reference, writable, 0, out mapping);

    /// <summary>Maps the pages of a request, as <see cref="Map(uint, bool, out GrantMapping)"/>, from the first on until one is refused.</summary>
    /// <param name="references">From a ring: hostile.</param>
    /// <param name="writable">The backend wants to write.</param>
    /// <param name="mappings">As long as <paramref name="references"/>: filled from the start.</param>
    /// <returns>How many were mapped.</returns>
    public int Map(ReadOnlySpan<uint> references, bool writable, Span<GrantMapping> mappings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mappings.Length, references.Length, nameof(mappings));
        lock (_lock)
        {
            var pin = new GrantPin(Version, writable, grantee: 0);
            for (var i = 0; i < references.Length; i++)
            {
                if (MapUnderLock(references[i], pin, out mappings[i]) != GrantStatus.Okay)
                {
                    return i;
                }
            }
        }

        return references.Length;
    }

    /// <summary>Tells the engine that mapped pages were written directly, each of them wholly as far as is known.</summary>
    public void NoteWrites(ReadOnlySpan<GrantMapping> mappings)
    {
        // What was written is there for all to see before the flags are read: a vCPU that begins to translate a page marks it first.
        Interlocked.MemoryBarrier();
        foreach (ref readonly var mapping in mappings)
        {
            if (_domain.Memory.IsCode(mapping.Mfn))
            {
                _domain.Frames.NoteWrite(mapping.Mfn, 0, MachineFrames.PageSize);
            }
        }
    }

    /// <summary>Gives a mapping back. Each mapping once.</summary>
    public void Unmap(in GrantMapping mapping) => Unmap(new ReadOnlySpan<GrantMapping>(in mapping));

    /// <summary>Gives mappings back. Each mapping once.</summary>
    public void Unmap(ReadOnlySpan<GrantMapping> mappings)
    {
        // Outside the lock: the last reference frees the page.
        foreach (ref readonly var mapping in mappings)
        {
            _domain.LetGoPage(mapping.Mfn, mapping.Writable);
        }

        lock (_lock)
        {
            foreach (ref readonly var mapping in mappings)
            {
                Unpin(in mapping);
            }
        }
    }

    /// <summary>Copies from a granted page. A <see cref="GrantStatus"/>.</summary>
    public short CopyFrom(uint reference, int offset, Span<byte> into)
    {
        if (offset < 0 || offset + into.Length > MachineFrames.PageSize)
        {
            return GrantStatus.BadCopyArgument;
        }

        var status = Map(reference, writable: false, out var mapping);
        if (status == GrantStatus.Okay)
        {
            SharedWord.Bytes(mapping.Page + offset, into.Length).CopyTo(into);
            Unmap(in mapping);
        }

        return status;
    }

    /// <summary>Copies into a granted page. A <see cref="GrantStatus"/>.</summary>
    public short CopyTo(uint reference, int offset, ReadOnlySpan<byte> from)
    {
        if (offset < 0 || offset + from.Length > MachineFrames.PageSize)
        {
            return GrantStatus.BadCopyArgument;
        }

        var status = Map(reference, writable: true, out var mapping);
        if (status == GrantStatus.Okay)
        {
            _domain.Frames.Write(mapping.Mfn, offset, from);
            Unmap(in mapping);
        }

        return status;
    }

    /// <summary>Maps for a domain: 0 for backends, the domain's own id for copies within it.</summary>
    internal short Map(uint reference, bool writable, int grantee, out GrantMapping mapping)
    {
        lock (_lock)
        {
            return MapUnderLock(reference, new GrantPin(Version, writable, grantee), out mapping);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private short MapUnderLock(uint reference, GrantPin pin, out GrantMapping mapping)
    {
        var entries = _active;
        if (reference >= (uint)entries.Length)
        {
            mapping = default;
            return GrantStatus.BadReference;
        }

        ref var active = ref entries[reference];
        var entry = EntryOf(reference);
        if (!(pin.IsInEntry ? pin.TrySet(entry) : pin.TrySet(entry, StatusOf(reference))))
        {
            mapping = default;
            return GrantStatus.GeneralError;
        }

        if (active.Pins == 0)
        {
            // The frame counts from the first pin on: a guest that changes it meanwhile changes nothing.
            active.Mfn = FrameOf(entry);
        }

        if (!_domain.TryHoldPage(active.Mfn, pin.Writable, out var page))
        {
            if (active.Pins == 0)
            {
                ClearStatus(reference, GrantFlags.Reading | GrantFlags.Writing);
            }

            mapping = default;
            return GrantStatus.BadPage;
        }

        if (pin.Writable)
        {
            active.Writers++;
        }
        else
        {
            active.Readers++;
        }

        mapping = new(reference, active.Mfn, page, pin.Writable);
        return GrantStatus.Okay;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unpin(in GrantMapping mapping)
    {
        ref var active = ref _active[mapping.Reference];
        if (mapping.Writable)
        {
            active.Writers--;
        }
        else
        {
            active.Readers--;
        }

        var cleared = (active.Writers == 0 ? GrantFlags.Writing : 0u) | (active.Pins == 0 ? GrantFlags.Reading : 0u);
        if (cleared != 0)
        {
            ClearStatus(mapping.Reference, cleared);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ClearStatus(uint reference, uint bits)
    {
        if (Version == 1)
        {
            GrantPin.Clear(EntryOf(reference), bits);
        }
        else
        {
            GrantPin.ClearStatus(StatusOf(reference), bits);
        }
    }
}
