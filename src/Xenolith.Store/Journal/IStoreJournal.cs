using Xenolith.Store.Permissions;
using Xenolith.Store.Transactions;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Journal;

/// <summary>
/// Keeps what must survive the process. Every method returns false if it could not record, and then the change must not be made;
/// what was recorded survives kill -9 from then on.
/// </summary>
internal interface IStoreJournal
{
    /// <summary>A request that changes nodes.</summary>
    bool Node(MessageType type, in Actor actor, ReadOnlySpan<byte> payload);

    /// <summary>The changes of a transaction, all or none.</summary>
    /// <param name="log">Its requests; those that changed nothing are left out.</param>
    /// <param name="actor">In whose name.</param>
    /// <param name="watcher">The name of the domain that is the client, or null.</param>
    /// <param name="id">The transaction's id.</param>
    bool Commit(RequestLog log, in Actor actor, string? watcher, uint id);

    /// <summary>A watch of a domain is set.</summary>
    bool Watch(string watcher, ReadOnlySpan<byte> path, int prefixLength, ReadOnlySpan<byte> token, int depth);

    /// <summary>A watch of a domain is ended.</summary>
    bool Unwatch(string watcher, ReadOnlySpan<byte> path, ReadOnlySpan<byte> token);

    /// <summary>All watches of a domain are ended.</summary>
    bool ResetWatches(string watcher);

    /// <summary>A domain's state changed.</summary>
    bool Domain(in DomainRecord domain);

    /// <summary>A domain is gone, with its watches, and its nodes and permissions.</summary>
    bool Release(ushort domid);

    /// <summary>A quota for all domains, or for one, was set.</summary>
    bool Quota(ushort? domid, int quota, int limit);
}

/// <summary>What the journal keeps of a domain beside its watches and quotas.</summary>
/// <param name="Domid">The domain.</param>
/// <param name="IsIntroduced">Whether it was introduced.</param>
/// <param name="IsShutDown">Whether its shutdown was told.</param>
/// <param name="Target">The domain whose rights it has, or itself.</param>
/// <param name="Features">The features shown to it.</param>
internal readonly record struct DomainRecord(ushort Domid, bool IsIntroduced, bool IsShutDown, ushort Target, uint Features);
