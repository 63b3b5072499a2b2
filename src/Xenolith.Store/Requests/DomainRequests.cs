using System.Buffers.Text;
using Xenolith.Store.Journal;
using Xenolith.Store.Paths;
using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;
using Xenolith.Store.Watches;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>The requests about domains. Domains come and go by the orders of their monitors.</summary>
internal sealed class DomainRequests(StoreTree tree, WatchTable watches, DomainTable domains)
{
    /// <summary>Where the domains' states are recorded.</summary>
    public IStoreJournal Journal { get; set; } = new NoJournal();

    /// <summary>INTRODUCE: the domain's ring is there. A second one for the same domain resets its watches, as a rebuilt ring wants.</summary>
    public StoreError Introduce(ReadOnlySpan<byte> payload, Reply reply)
    {
        var strings = new PayloadStrings(payload);
        if (!strings.TryTake(out var id) || !strings.TryTake(out _) || !strings.TryTake(out var port))
            return StoreError.EINVAL;
        if (!PayloadStrings.TryDomid(id, out var domid) || domid is 0 or >= WireLimits.FirstReservedDomid || PayloadStrings.LeadingNumber(port) <= 0)
            return StoreError.EINVAL;

        var domain = domains.FindOrAdd(domid);
        if (!Journal.Domain(Describe(domain) with { IsIntroduced = true, IsShutDown = false }))
            return StoreError.EIO;
        if (domain.IsIntroduced)
        {
            if (!Journal.ResetWatches(domain.Watcher.DurableName!))
                return StoreError.EIO;
            watches.RemoveAll(domain.Watcher);
            domain.Watcher.Connection?.CloseTransactions();
        }

        var isNew = !domain.IsIntroduced;
        domain.IsIntroduced = true;
        domain.IsShutDown = false;
        if (isNew)
            watches.FireSpecial("@introduceDomain"u8, domid, withDomid: true, tree);
        return reply.Ok();
    }

    /// <summary>RELEASE: the domain is gone, with its watches and what it owned.</summary>
    public StoreError Release(ReadOnlySpan<byte> payload, Reply reply)
    {
        var error = FindIntroduced(payload, out var domain);
        if (error != StoreError.None)
            return error;
        if (!Journal.Release(domain.Domid))
            return StoreError.EIO;
        Forget(domain);
        watches.FireSpecial("@releaseDomain"u8, domain.Domid, withDomid: true, tree);
        return reply.Ok();
    }

    /// <summary>Forgets a domain with its watches and what it owned.</summary>
    public void Forget(Domain domain)
    {
        watches.RemoveAll(domain.Watcher);
        domain.Watcher.Connection?.CloseTransactions();
        domain.Watcher.Connection?.Doom();
        domains.Remove(domain.Domid);
        foreach (var other in domains.All)
        {
            if (other.Watcher.Actor.Target == domain.Domid)
                other.Watcher.Actor = new Actor(other.Domid, other.Domid);
        }

        DomainRemoval.Remove(tree, watches, domain.Domid);
    }

    /// <summary>Tells once that a domain has shut down, as Xen does before it is destroyed.</summary>
    public StoreError ShutDown(ushort domid, Reply reply)
    {
        if (!domains.TryFind(domid, out var domain) || !domain.IsIntroduced)
            return StoreError.ENOENT;
        if (!domain.IsShutDown)
        {
            if (!Journal.Domain(Describe(domain) with { IsShutDown = true }))
                return StoreError.EIO;
            domain.IsShutDown = true;
            watches.FireSpecial("@releaseDomain"u8, domid, withDomid: true, tree);
        }

        return reply.Ok();
    }

    /// <summary>RESUME: a domain that was shut down runs again, and its next shutdown will be told.</summary>
    public StoreError Resume(ReadOnlySpan<byte> payload, Reply reply)
    {
        var error = FindIntroduced(payload, out var domain);
        if (error != StoreError.None)
            return error;
        if (!Journal.Domain(Describe(domain) with { IsShutDown = false }))
            return StoreError.EIO;
        domain.IsShutDown = false;
        return reply.Ok();
    }

    /// <summary>SET_TARGET: a domain gets the rights of another.</summary>
    public StoreError SetTarget(ReadOnlySpan<byte> payload, Reply reply)
    {
        var strings = new PayloadStrings(payload);
        if (!strings.TryTake(out var id) || !strings.TryTake(out var targetId)
            || !PayloadStrings.TryDomid(id, out var domid) || !PayloadStrings.TryDomid(targetId, out var target))
            return StoreError.EINVAL;
        if (!domains.TryFind(domid, out var domain) || !domain.IsIntroduced || !domains.TryFind(target, out var other) || !other.IsIntroduced)
            return StoreError.ENOENT;
        if (!Journal.Domain(Describe(domain) with { Target = target }))
            return StoreError.EIO;
        domain.Watcher.Actor = new Actor(domid, target);
        return reply.Ok();
    }

    /// <summary>IS_DOMAIN_INTRODUCED; the control domain always is.</summary>
    public StoreError IsIntroduced(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!PayloadStrings.TryOnly(payload, out var id) || !PayloadStrings.TryDomid(id, out var domid))
            return StoreError.EINVAL;
        const ushort self = 0x7ff0;
        var introduced = domid is 0 or self || (domains.TryFind(domid, out var domain) && domain.IsIntroduced);
        return reply.Send(introduced ? "T\0"u8 : "F\0"u8);
    }

    /// <summary>GET_DOMAIN_PATH.</summary>
    public static StoreError Path(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!PayloadStrings.TryOnly(payload, out var id) || !PayloadStrings.TryDomid(id, out var domid))
            return StoreError.EINVAL;
        Span<byte> path = stackalloc byte[32];
        var length = PathBuffer.WriteDomainPath(path, domid);
        path[length] = 0;
        return reply.Send(path[..(length + 1)]);
    }

    /// <summary>GET_FEATURE: of the caller, or for the control domain of any domain.</summary>
    public StoreError GetFeature(StoreConnection connection, ReadOnlySpan<byte> payload, Reply reply)
    {
        var strings = new PayloadStrings(payload);
        var features = connection.Domain?.Features ?? WireLimits.ServerFeatures;
        if (strings.TryTake(out var id))
        {
            if (!connection.Actor.IsPrivileged)
                return StoreError.EACCES;
            if (strings.Rest.Contains((byte)0) || !PayloadStrings.TryDomid(id, out var domid))
                return StoreError.EINVAL;
            features = domains.TryFind(domid, out var domain) ? domain.Features : WireLimits.ServerFeatures;
        }

        Span<byte> text = stackalloc byte[12];
        Utf8Formatter.TryFormat(features, text, out var digits);
        text[digits] = 0;
        return reply.Send(text[..(digits + 1)]);
    }

    /// <summary>SET_FEATURE: before the domain is introduced.</summary>
    public StoreError SetFeature(ReadOnlySpan<byte> payload, Reply reply)
    {
        var strings = new PayloadStrings(payload);
        if (!strings.TryTake(out var id) || !strings.TryTake(out var value) || strings.Rest.Contains((byte)0)
            || !PayloadStrings.TryDomid(id, out var domid) || domid is 0 or >= WireLimits.FirstReservedDomid)
            return StoreError.EINVAL;
        var features = (uint)PayloadStrings.LeadingNumber(value);
        if ((features & ~WireLimits.ServerFeatures) != 0)
            return StoreError.EINVAL;
        var domain = domains.FindOrAdd(domid);
        if (domain.IsIntroduced)
            return StoreError.EBUSY;
        if (!Journal.Domain(Describe(domain) with { Features = features }))
            return StoreError.EIO;
        domain.Features = features;
        return reply.Ok();
    }

    /// <summary>What the journal keeps of a domain.</summary>
    public static DomainRecord Describe(Domain domain) =>
        new(domain.Domid, domain.IsIntroduced, domain.IsShutDown, domain.Watcher.Actor.Target, domain.Features);

    private StoreError FindIntroduced(ReadOnlySpan<byte> payload, out Domain domain)
    {
        domain = null!;
        if (!PayloadStrings.TryOnly(payload, out var id) || !PayloadStrings.TryDomid(id, out var domid) || domid == 0)
            return StoreError.EINVAL;
        if (!domains.TryFind(domid, out var found) || !found.IsIntroduced)
            return StoreError.ENOENT;
        domain = found;
        return StoreError.None;
    }
}
