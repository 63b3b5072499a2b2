using Xenolith.Machine;
using Xenolith.Machine.Events;

namespace Xenolith.Devices.Rings;

/// <summary>
/// What every ring device holds of its frontend while it is connected: the ring's pages and an event channel. Made and disposed by the
/// thread that performs orders about devices.
/// </summary>
public sealed class MappedRing : IDisposable
{
    /// <summary>Most pages of a ring that any of our backends offers.</summary>
    public const int MaxPages = 16;

    private readonly DomainGrants _grants;
    private readonly GrantedPage[] _pages;
    private readonly HostEventPort _port;
    private bool _disposed;

    private MappedRing(DomainGrants grants, GrantedPage[] pages, HostEventPort port)
    {
        _grants = grants;
        _pages = pages;
        _port = port;
    }

    /// <summary>Host addresses of the pages in order.</summary>
    public nint[] Addresses => Array.ConvertAll(_pages, p => p.Address);

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
        var grants = new DomainGrants(domain);
        var pages = new List<GrantedPage>();
        if (grefs.Length is 0 or > MaxPages)
        {
            error = $"a ring of {grefs.Length} pages (1 to {MaxPages} are possible)";
            return null;
        }

        foreach (var gref in grefs)
        {
            if (!grants.TryMap(gref, write: true, out var page))
            {
                error = $"ring page: grant {gref} does not exist or does not allow writing by Domain-0";
                Release(grants, pages);
                return null;
            }

            pages.Add(page);
        }

        if (!domain.Events.TryBindHost(guestPort, notified, out var port))
        {
            error = $"event channel {guestPort} does not exist, is in use, or is not for Domain-0";
            Release(grants, pages);
            return null;
        }

        error = "";
        return new MappedRing(grants, [.. pages], port!);
    }

    /// <summary>Unmaps the pages and closes the channel; the ring's user has stopped.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _port.Close();
            Release(_grants, _pages);
        }
    }

    private static void Release(DomainGrants grants, IEnumerable<GrantedPage> pages)
    {
        foreach (var page in pages)
        {
            grants.Unmap(page, 0, 0);
        }
    }
}
