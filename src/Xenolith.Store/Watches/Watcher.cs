using Xenolith.Store.Permissions;
using Xenolith.Store.Requests;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Watches;

/// <summary>
/// Who set watches: a client or a domain. A domain's watches outlive its connection and a restart of the store; when it
/// connects again, each of them fires once, so that nothing was missed.
/// </summary>
internal sealed class Watcher(Actor actor, string? durableName)
{
    /// <summary>Queued bytes from which on a domain that does not read gets one event a watch instead of each.</summary>
    private const int DomainBacklog = 64 * 1024;

    /// <summary>In whose name the watches were set.</summary>
    public Actor Actor { get; set; } = actor;

    /// <summary>The name under which the watches are journalled, or null if they end with the connection.</summary>
    public string? DurableName { get; } = durableName;

    /// <summary>The connection that the events go to, if there is one now.</summary>
    public StoreConnection? Connection { get; set; }

    /// <summary>The watches in the order they were set.</summary>
    public List<Watch> Watches { get; } = [];

    /// <summary>Bytes the watches count in the memory quota.</summary>
    public int Bytes { get; set; }

    /// <summary>A transaction that was committed just before a restart: its end may be asked for once more.</summary>
    public uint LastCommitted { get; set; }

    /// <summary>Sends an event, without the bytes of the path that the client does not see.</summary>
    public void Send(Watch watch, ReadOnlySpan<byte> path)
    {
        if (Connection is not { } connection)
            return;
        if (!Actor.IsPrivileged && connection.Output.Length > DomainBacklog)
        {
            watch.Overdue = true;
            connection.HasOverdue = true;
            return;
        }

        Append(connection, watch, path);
    }

    /// <summary>Sends the events that are owed, once the client reads again.</summary>
    public void SendOverdue()
    {
        foreach (var watch in Watches)
        {
            if (!watch.Overdue)
                continue;
            watch.Overdue = false;
            Send(watch, watch.Path);
        }
    }

    private static void Append(StoreConnection connection, Watch watch, ReadOnlySpan<byte> path)
    {
        var seen = path[watch.PrefixLength..];
        var length = seen.Length + watch.Token.Length + 2;
        if (length > WireLimits.Payload)
            return;
        var to = connection.Output.Reserve(MessageHeader.Size + length);
        new MessageHeader(MessageType.WatchEvent, 0, 0, (uint)length).Write(to);
        to = to[MessageHeader.Size..];
        seen.CopyTo(to);
        to[seen.Length] = 0;
        watch.Token.CopyTo(to[(seen.Length + 1)..]);
        to[length - 1] = 0;
        connection.Output.Commit(MessageHeader.Size + length);
        connection.NeedsFlush();
    }
}
