using Xenolith.Engine;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Rings;

/// <summary>
/// The pages that a frontend granted to this backend. Any thread. A mapped page stays valid, whatever the guest does, until it is unmapped.
/// </summary>
public interface IGrantedPages
{
    /// <summary>Maps grants from the first on, until one does not exist, is not ours, or does not allow it.</summary>
    /// <param name="grefs">The grant references, straight from the guest.</param>
    /// <param name="write">True if the backend will write into the pages.</param>
    /// <param name="pages">As many as <paramref name="grefs"/>: filled from the start.</param>
    /// <returns>How many were mapped.</returns>
    int Map(ReadOnlySpan<uint> grefs, bool write, Span<GrantMapping> pages);

    /// <summary>Bytes of a mapped page were changed by the backend; before the guest hears of it.</summary>
    void NoteWrite(in GrantMapping page, int offset, int length);

    /// <summary>Mapped pages were changed by the backend, each from its first byte to its last; before the guest hears of it.</summary>
    void NoteWrites(ReadOnlySpan<GrantMapping> pages)
    {
        foreach (ref readonly var page in pages)
        {
            NoteWrite(in page, 0, MachineFrames.PageSize);
        }
    }

    /// <summary>Ends mappings, each once.</summary>
    void Unmap(ReadOnlySpan<GrantMapping> pages);

    /// <summary>Maps one grant; false if it does not exist, is not ours, or does not allow it.</summary>
    bool TryMap(uint gref, bool write, out GrantMapping page)
    {
        page = default;
        return Map(new ReadOnlySpan<uint>(in gref), write, new Span<GrantMapping>(ref page)) == 1;
    }

    /// <summary>Ends a mapping; <paramref name="written"/> bytes from <paramref name="offset"/> were changed by the backend, 0 for none.</summary>
    void Unmap(in GrantMapping page, int offset, int written)
    {
        if (written > 0)
        {
            NoteWrite(in page, offset, written);
        }

        Unmap(new ReadOnlySpan<GrantMapping>(in page));
    }
}
