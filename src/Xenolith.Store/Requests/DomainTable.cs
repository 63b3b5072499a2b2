using System.Diagnostics.CodeAnalysis;
using Xenolith.Store.Quotas;

namespace Xenolith.Store.Requests;

/// <summary>The domains the store knows of, other than the control domain.</summary>
internal sealed class DomainTable(QuotaLimits defaults)
{
    private readonly Dictionary<ushort, Domain> _domains = [];

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Domain> All => _domains.Values;

    /// <summary>How many were introduced and not released.</summary>
    public int Introduced => _domains.Values.Count(domain => domain.IsIntroduced);

    /// <summary>The domain of that id.</summary>
    public bool TryFind(ushort domid, [NotNullWhen(true)] out Domain? domain) => _domains.TryGetValue(domid, out domain);

    /// <summary>The domain of that id, known from now on.</summary>
    public Domain FindOrAdd(ushort domid)
    {
        if (!_domains.TryGetValue(domid, out var domain))
            _domains.Add(domid, domain = new Domain(domid, defaults));
        return domain;
    }

    /// <summary>Forgets a domain.</summary>
    public void Remove(ushort domid) => _domains.Remove(domid);
}
