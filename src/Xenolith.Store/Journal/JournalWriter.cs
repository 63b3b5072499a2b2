using Xenolith.Store.Permissions;
using Xenolith.Store.Requests;
using Xenolith.Store.Transactions;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Journal;

/// <summary>Writes what the store does as records.</summary>
internal sealed class JournalWriter(JournalFile file, IStoreLog log) : IStoreJournal
{
    /// <summary>Bytes of the fields of any record beside paths, payloads and tokens.</summary>
    private const int Fields = 320;

    private bool _hasFailed;

    /// <summary>Where changes are appended.</summary>
    public JournalFile File { get; } = file;

    /// <inheritdoc/>
    public bool Node(MessageType type, in Actor actor, ReadOnlySpan<byte> payload)
    {
        if (!Begin(RecordKind.Node, payload.Length, out var record))
            return false;
        record.Byte((byte)type);
        record.Short(actor.Domid);
        record.Bytes(payload);
        return Commit(record);
    }

    /// <inheritdoc/>
    public bool Commit(RequestLog requests, in Actor actor, string? watcher, uint id)
    {
        if (!Begin(RecordKind.Commit, requests.Bytes, out var record))
            return false;
        record.Short(actor.Domid);
        record.Int((int)id);
        record.Name(watcher);
        foreach (var request in requests)
        {
            if (!request.Changes)
                continue;
            record.Byte((byte)request.Type);
            record.Short(request.Payload.Length);
            record.Bytes(request.Payload);
        }

        return Commit(record);
    }

    /// <inheritdoc/>
    public bool Watch(string watcher, ReadOnlySpan<byte> path, int prefixLength, ReadOnlySpan<byte> token, int depth)
    {
        if (!Begin(RecordKind.Watch, path.Length + token.Length, out var record))
            return false;
        record.Name(watcher);
        record.Short(prefixLength);
        record.Int(depth);
        record.Short(path.Length);
        record.Bytes(path);
        record.Bytes(token);
        return Commit(record);
    }

    /// <inheritdoc/>
    public bool Unwatch(string watcher, ReadOnlySpan<byte> path, ReadOnlySpan<byte> token)
    {
        if (!Begin(RecordKind.Unwatch, path.Length + token.Length, out var record))
            return false;
        record.Name(watcher);
        record.Short(path.Length);
        record.Bytes(path);
        record.Bytes(token);
        return Commit(record);
    }

    /// <inheritdoc/>
    public bool ResetWatches(string watcher)
    {
        if (!Begin(RecordKind.ResetWatches, 0, out var record))
            return false;
        record.Name(watcher);
        return Commit(record);
    }

    /// <inheritdoc/>
    public bool Domain(in DomainRecord domain)
    {
        if (!Begin(RecordKind.Domain, 0, out var record))
            return false;
        record.Short(domain.Domid);
        record.Byte((byte)((domain.IsIntroduced ? 1 : 0) | (domain.IsShutDown ? 2 : 0)));
        record.Short(domain.Target);
        record.Int((int)domain.Features);
        return Commit(record);
    }

    /// <inheritdoc/>
    public bool Release(ushort domid)
    {
        if (!Begin(RecordKind.Release, 0, out var record))
            return false;
        record.Short(domid);
        return Commit(record);
    }

    /// <inheritdoc/>
    public bool Quota(ushort? domid, int quota, int limit)
    {
        if (!Begin(RecordKind.Quota, 0, out var record))
            return false;
        record.Short(domid ?? 0);
        record.Byte(domid is null ? (byte)0 : (byte)1);
        record.Byte((byte)quota);
        record.Int(limit);
        return Commit(record);
    }

    /// <summary>A node as it is, when a journal is begun anew.</summary>
    public bool Snapshot(ReadOnlySpan<byte> path, Node node)
    {
        if (!Begin(RecordKind.Snapshot, path.Length + node.Record.Length, out var record))
            return false;
        record.Short(path.Length);
        record.Bytes(path);
        record.Byte((byte)node.Content.Permissions.Count);
        record.Bytes(node.Content.Permissions.Bytes);
        record.Bytes(node.Content.Value);
        return Commit(record);
    }

    private bool Begin(RecordKind kind, int variable, out RecordBuilder record)
    {
        var room = File.Begin(Fields + variable);
        record = new RecordBuilder(room);
        if (room.IsEmpty)
        {
            if (!_hasFailed)
                log.Warn("the journal cannot grow, so changes are refused (EIO): free space in the file system of the run directory");
            _hasFailed = true;
            return false;
        }

        _hasFailed = false;
        record.Byte((byte)kind);
        return true;
    }

    private bool Commit(RecordBuilder record)
    {
        File.Commit(record.Length);
        return true;
    }
}
