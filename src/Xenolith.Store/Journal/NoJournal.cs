using Xenolith.Store.Permissions;
using Xenolith.Store.Transactions;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Journal;

/// <summary>For a store that lives only as long as its process: tests, and reading a journal back.</summary>
internal sealed class NoJournal : IStoreJournal
{
    /// <inheritdoc/>
    public bool Node(MessageType type, in Actor actor, ReadOnlySpan<byte> payload) => true;

    /// <inheritdoc/>
    public bool Commit(RequestLog log, in Actor actor, string? watcher, uint id) => true;

    /// <inheritdoc/>
    public bool Watch(string watcher, ReadOnlySpan<byte> path, int prefixLength, ReadOnlySpan<byte> token, int depth) => true;

    /// <inheritdoc/>
    public bool Unwatch(string watcher, ReadOnlySpan<byte> path, ReadOnlySpan<byte> token) => true;

    /// <inheritdoc/>
    public bool ResetWatches(string watcher) => true;

    /// <inheritdoc/>
    public bool Domain(in DomainRecord domain) => true;

    /// <inheritdoc/>
    public bool Release(ushort domid) => true;

    /// <inheritdoc/>
    public bool Quota(ushort? domid, int quota, int limit) => true;
}
