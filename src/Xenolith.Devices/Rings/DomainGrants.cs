using Xenolith.Machine;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Rings;

/// <summary>A running domain's grants as its backends see them.</summary>
public sealed class DomainGrants(Domain domain) : IGrantedPages
{
    /// <inheritdoc/>
    public int Map(ReadOnlySpan<uint> grefs, bool write, Span<GrantMapping> pages) => domain.Grants.Map(grefs, write, pages);

    /// <inheritdoc/>
    public void NoteWrite(in GrantMapping page, int offset, int length) => domain.Frames.NoteWrite(page.Mfn, offset, length);

    /// <inheritdoc/>
    public void NoteWrites(ReadOnlySpan<GrantMapping> pages) => domain.Grants.NoteWrites(pages);

    /// <inheritdoc/>
    public void Unmap(ReadOnlySpan<GrantMapping> pages) => domain.Grants.Unmap(pages);
}
