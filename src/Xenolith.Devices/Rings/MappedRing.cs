using Xenolith.Machine;
using Xenolith.Machine.Events;
using Xenolith.Machine.Grants;

namespace Xenolith.Devices.Rings;

/// <summary>
/// What every ring device holds of its frontend while it is connected: the ring's pages and an event channel. Made and disposed by the
/// thread that performs orders about devices.
/// </summary>
public sealed class MappedRing : IDisposable
{
    /// <summary>Most pages of a ring that any of our backends offers.</summary>
    public const int MaxPages = 16;

    private readonly IGrantedPages _grants;
    private readonly GrantMapping[] _pages;
    private readonly HostEventPort _port;
    private bool _disposed;

    private MappedRing(IGrantedPages grants, GrantMapping[] pages, HostEventPort port)
    {
        _grants = grants;
        _pages = pages;
        _port = port;
    }

    /// <summary>Host addresses of the pages in order.</summary>
    public nint[] Addresses => Array.ConvertAll(_pages, p => p.Page);

    /// <summary>Sends the frontend its event.</summary>
    public void Notify() => _port.Notify();

    /// <summary>Maps what a frontend wrote to the store; the reason in words if it cannot be.</summary>
    /// <param name="domain">The frontend's domain.</param>
    /// <param name="grefs">The ring's grant references in order.</param>
    /// <param name="guestPort">The frontend's event channel.</param>
    /// <param name="notified">Called on a vCPU's thread when the frontend sends; it must only wake someone.</param>
    /// <param name="error">Why not.</param>
    public static MappedRing? TryMap(Domain domain, ReadOnlySpan<uint> grefs, uint guestPort, Action notified, out string error)
    {
        ArgumentNullException.ThrowIfNull(domain);
        IGrantedPages grants = new DomainGrants(domain);
        if (grefs.Length is 0 or > MaxPages)
        {
            error = $"a ring of {grefs.Length} pages (1 to {MaxPages} are possible)";
            return null;
        }

        var pages = new GrantMapping[grefs.Length];
        var mapped = grants.Map(grefs, write: true, pages);
        if (mapped < grefs.Length)
        {
            error = $"ring page: grant {grefs[mapped]} does not exist or does not allow writing by Domain-0";
            grants.Unmap(pages.AsSpan(0, mapped));
            return null;
        }

        if (!domain.Events.TryBindHost(guestPort, notified, out var port))
        {
            error = $"event channel {guestPort} does not exist, is in use, or is not for Domain-0";
            grants.Unmap(pages);
            return null;
        }

        error = "";
        return new MappedRing(grants, pages, port!);
    }

    /// <summary>Unmaps the pages and closes the channel; the ring's user has stopped.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _port.Close();
            _grants.Unmap(_pages);
        }
    }
}
