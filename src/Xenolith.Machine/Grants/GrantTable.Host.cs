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
        lock (_lock)
        {
            for (var i = 0; i < references.Length; i++)
            {
                if (MapUnderLock(references[i], writable, 0, out mappings[i]) != GrantStatus.Okay)
                {
                    return i;
                }
            }
        }

        return references.Length;
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

        var cleared = (active.Writers == 0 ? GrantFlags.Writing : 0) | (active.Pins == 0 ? GrantFlags.Reading : 0);
        if (cleared != 0)
        {
            ClearStatus(mapping.Reference, (ushort)cleared);
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
            return MapUnderLock(reference, writable, grantee, out mapping);
        }
    }

    private short MapUnderLock(uint reference, bool writable, int grantee, out GrantMapping mapping)
    {
        mapping = default;
        if (!Exists(reference))
        {
            return GrantStatus.BadReference;
        }

        ref var active = ref _active[reference];
        var entry = EntryOf(reference);
        if (TryPin(entry, reference, writable, grantee) is var status and not GrantStatus.Okay)
        {
            return status;
        }

        if (active.Pins == 0)
        {
            // The frame counts from the first pin on: a guest that changes it meanwhile changes nothing.
            active.Mfn = FrameOf(entry);
        }

        if (!_domain.TryHoldPage(active.Mfn, writable, out var page))
        {
            if (active.Pins == 0)
            {
                ClearStatus(reference, GrantFlags.Reading | GrantFlags.Writing);
            }

            return GrantStatus.BadPage;
        }

        if (writable)
        {
            active.Writers++;
        }
        else
        {
            active.Readers++;
        }

        mapping = new(reference, active.Mfn, page, writable);
        return GrantStatus.Okay;
    }

    /// <summary>Checks the entry and sets its flags in one step, so that the guest cannot take it back in between. Under the lock.</summary>
    private short TryPin(nint entry, uint reference, bool writable, int grantee)
    {
        var wanted = (uint)GrantFlags.Reading | (writable ? GrantFlags.Writing : 0u);
        for (var attempt = 0; attempt < 4; attempt++)
        {
            var header = SharedWord.Load32(entry);
            var flags = (ushort)header;
            if ((flags & GrantFlags.TypeMask) != GrantFlags.PermitAccess || header >> 16 != grantee || (Version == 2 && (flags & GrantFlags.SubPage) != 0))
            {
                return GrantStatus.GeneralError;
            }

            if (writable && (flags & GrantFlags.ReadOnly) != 0)
            {
                return GrantStatus.GeneralError;
            }

            if (Version == 2)
            {
                SetStatus(reference, (ushort)wanted);
                // The guest ends access by clearing the flags and then reading the status: after setting it, look once more.
                if (SharedWord.Load32(entry) == header)
                {
                    return GrantStatus.Okay;
                }

                continue;
            }

            if (SharedWord.CompareExchange32(entry, header | wanted, header) == header)
            {
                return GrantStatus.Okay;
            }
        }

        return GrantStatus.GeneralError;
    }

    private void SetStatus(uint reference, ushort bits)
    {
        var address = StatusOf(reference);
        SharedWord.Store16(address, (ushort)(SharedWord.Load16(address) | bits));
        Interlocked.MemoryBarrier();
    }

    private void ClearStatus(uint reference, ushort bits)
    {
        var address = StatusOf(reference);
        ushort seen;
        do
        {
            seen = SharedWord.Load16(address);
        }
        while (SharedWord.CompareExchange16(address, (ushort)(seen & ~bits), seen) != seen);
    }
}
