using Xenolith.Abi;
using Xenolith.Machine;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Rings;

/// <summary>A running domain's grants as its backends see them.</summary>
public sealed class DomainGrants(Domain domain) : IGrantedPages
{
    /// <inheritdoc/>
    public bool TryMap(uint gref, bool write, out GrantedPage page)
    {
        if (domain.Grants.Map(gref, write, out var mapping) != GrantStatus.Okay)
        {
            page = default;
            return false;
        }

        page = new GrantedPage(mapping.Page, gref, mapping.Mfn, write);
        return true;
    }

    /// <inheritdoc/>
    public void Unmap(in GrantedPage page, int offset, int written)
    {
        if (written > 0)
        {
            domain.Frames.NoteWrite(page.Mfn, offset, written);
        }

        domain.Grants.Unmap(new GrantMapping(page.Gref, page.Mfn, page.Address, page.Writable));
    }
}
