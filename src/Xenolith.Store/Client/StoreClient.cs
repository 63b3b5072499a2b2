using System.Text;
using Xenolith.Store.Permissions;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>
/// Asks a store. Requests wait for their reply; events that arrive meanwhile are kept for <see cref="TryNextEvent"/>.
/// <para>Thread ownership: free for all threads, one request at a time (one lock; waiting for an event holds it).</para>
/// </summary>
public sealed partial class StoreClient : IDisposable
{
    private readonly IStoreTransport _transport;
    private readonly Lock _lock = new();
    private readonly Queue<StoreEvent> _events = new();
    private readonly byte[] _output = new byte[WireLimits.Message];
    private readonly byte[] _input = new byte[WireLimits.Message * 2];
    private int _received;
    private uint _request;

    /// <summary>A client over a connection that is open already.</summary>
    public StoreClient(IStoreTransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _transport = transport;
    }

    /// <summary>Becomes readable when an event may have arrived; -1 if the transport has no descriptor. Ask <see cref="TryNextEvent"/> before waiting for it.</summary>
    public int FileDescriptor => _transport.FileDescriptor;

    /// <summary>The value of a node as text.</summary>
    public string Read(string path, uint transaction = 0) => Encoding.UTF8.GetString(ReadBytes(path, transaction));

    /// <summary>The value of a node.</summary>
    public byte[] ReadBytes(string path, uint transaction = 0) => Ask(MessageType.Read, transaction, path, Terminated(path));

    /// <summary>The value of a node as text, or null if it does not exist or may not be read.</summary>
    public string? TryRead(string path, uint transaction = 0) =>
        TryAsk(MessageType.Read, transaction, Terminated(path), out var value) == StoreError.None ? Encoding.UTF8.GetString(value) : null;

    /// <summary>Whether a node exists and may be read.</summary>
    public bool Exists(string path, uint transaction = 0) => TryAsk(MessageType.Read, transaction, Terminated(path), out _) == StoreError.None;

    /// <summary>Sets a node's value, creating it and its parents.</summary>
    public void Write(string path, string value, uint transaction = 0) => Write(path, Encoding.UTF8.GetBytes(value), transaction);

    /// <summary>Sets a node's value, creating it and its parents.</summary>
    public void Write(string path, ReadOnlySpan<byte> value, uint transaction = 0) =>
        Ask(MessageType.Write, transaction, path, [.. Terminated(path), .. value]);

    /// <summary>Creates a node and its parents.</summary>
    public void Mkdir(string path, uint transaction = 0) => Ask(MessageType.Mkdir, transaction, path, Terminated(path));

    /// <summary>Removes a node with everything below it; nothing happens if only the node itself is missing.</summary>
    public void Remove(string path, uint transaction = 0) => Ask(MessageType.Remove, transaction, path, Terminated(path));

    /// <summary>Removes a node if it is there; false if it, or its parent, was not.</summary>
    public bool TryRemove(string path, uint transaction = 0)
    {
        var error = TryAsk(MessageType.Remove, transaction, Terminated(path), out _);
        return error is StoreError.None or StoreError.ENOENT ? error == StoreError.None : throw new StoreException(MessageType.Remove, path, error);
    }

    /// <summary>The names of a node's children, however many there are.</summary>
    public IReadOnlyList<string> List(string path, uint transaction = 0)
    {
        var error = TryAsk(MessageType.Directory, transaction, Terminated(path), out var names);
        if (error == StoreError.E2BIG)
            return ListInParts(path, transaction);
        return error == StoreError.None ? Strings(names) : throw new StoreException(MessageType.Directory, path, error);
    }

    /// <summary>A node's permissions, the owner's entry first.</summary>
    public IReadOnlyList<Permission> GetPermissions(string path, uint transaction = 0) =>
        [.. Strings(Ask(MessageType.GetPermissions, transaction, path, Terminated(path))).Select(ParsePermission)];

    /// <summary>Replaces a node's permissions.</summary>
    /// <param name="path">The node.</param>
    /// <param name="permissions">Entries like "n1" (the owner, first) and "r0".</param>
    public void SetPermissions(string path, params IEnumerable<string> permissions) => SetPermissions(path, 0, permissions);

    /// <summary>Replaces a node's permissions in a transaction.</summary>
    public void SetPermissions(string path, uint transaction, IEnumerable<string> permissions) =>
        Ask(MessageType.SetPermissions, transaction, path, Terminated([path, .. permissions]));

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    /// <summary>Sends a request and waits for the reply; throws <see cref="StoreException"/> if it is an error.</summary>
    internal byte[] Ask(MessageType type, uint transaction, string subject, ReadOnlySpan<byte> payload)
    {
        var error = TryAsk(type, transaction, payload, out var reply);
        return error == StoreError.None ? reply : throw new StoreException(type, subject, error);
    }

    /// <summary>Strings with a zero byte after each.</summary>
    internal static byte[] Terminated(params ReadOnlySpan<string> strings)
    {
        var text = new StringBuilder();
        foreach (var part in strings)
            text.Append(part).Append('\0');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private List<string> ListInParts(string path, uint transaction)
    {
        while (true)
        {
            var list = new List<byte>();
            string? generation = null;
            while (true)
            {
                var part = Ask(MessageType.DirectoryPart, transaction, path, Terminated(path, list.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                var end = Array.IndexOf(part, (byte)0);
                var seen = Encoding.ASCII.GetString(part, 0, Math.Max(end, 0));
                if (generation is not null && generation != seen)
                    break;
                generation = seen;
                var names = part.AsSpan(end + 1);
                var isLast = names.IsEmpty || names[^1] == 0 && (names.Length == 1 || names[^2] == 0);
                list.AddRange(isLast ? names[..Math.Max(0, names.Length - 1)] : names);
                if (isLast)
                    return Strings([.. list]);
            }
        }
    }

    private static List<string> Strings(ReadOnlySpan<byte> payload)
    {
        var list = new List<string>();
        while (!payload.IsEmpty)
        {
            var end = payload.IndexOf((byte)0);
            list.Add(Encoding.UTF8.GetString(end < 0 ? payload : payload[..end]));
            payload = end < 0 ? [] : payload[(end + 1)..];
        }

        return list;
    }

    private static Permission ParsePermission(string text) => Permission.TryParse(Encoding.ASCII.GetBytes(text), out var permission)
        ? permission
        : throw new InvalidDataException($"xenstored sent the permission '{text}'");
}
