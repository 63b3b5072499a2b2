using Xenolith.Store.Permissions;
using Xenolith.Store.Quotas;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>What the store knows of a domain other than the control domain.</summary>
internal sealed class Domain
{
    /// <summary>Makes a domain that has not been introduced yet.</summary>
    public Domain(ushort domid, QuotaLimits defaults)
    {
        Domid = domid;
        Watcher = new Watcher(new Actor(domid, domid), $"domain/{domid}");
        Usage = new QuotaUsage(defaults);
    }

    /// <summary>The domain's id.</summary>
    public ushort Domid { get; }

    /// <summary>Whether INTRODUCE was followed by no RELEASE yet.</summary>
    public bool IsIntroduced { get; set; }

    /// <summary>Whether the domain's shutdown has been told.</summary>
    public bool IsShutDown { get; set; }

    /// <summary>The features shown on the domain's ring page.</summary>
    public uint Features { get; set; } = WireLimits.ServerFeatures;

    /// <summary>The watches of the domain's ring.</summary>
    public Watcher Watcher { get; }

    /// <summary>The domain's own quotas and what it has used of them.</summary>
    public QuotaUsage Usage { get; }

    /// <summary>The requests this domain may still make now; see <see cref="RequestBudget"/>.</summary>
    public RequestBudget Budget { get; } = new();
}
