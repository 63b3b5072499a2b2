namespace Xenolith.Devices.Rings;

/// <summary>
/// The pages that a frontend granted to this backend. Any thread. A mapped page stays valid, whatever the guest does, until it is unmapped.
/// </summary>
public interface IGrantedPages
{
    /// <summary>Maps a grant; false if it does not exist, is not ours, or does not allow it.</summary>
    /// <param name="gref">The grant reference, straight from the guest.</param>
    /// <param name="write">True if the backend will write into the page.</param>
    /// <param name="page">Host address and identity of the page.</param>
    bool TryMap(uint gref, bool write, out GrantedPage page);

    /// <summary>Ends a mapping; <paramref name="written"/> bytes from <paramref name="offset"/> were changed by the backend, 0 for none.</summary>
    void Unmap(in GrantedPage page, int offset, int written);
}

/// <summary>A mapped grant.</summary>
/// <param name="Address">Host address of the page's first byte.</param>
/// <param name="Gref">The grant reference.</param>
/// <param name="Mfn">The machine frame.</param>
/// <param name="Writable">Mapped for writing.</param>
public readonly record struct GrantedPage(nint Address, uint Gref, ulong Mfn, bool Writable);
