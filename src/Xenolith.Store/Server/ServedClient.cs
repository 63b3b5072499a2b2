using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>A client on a socket.</summary>
internal sealed class ServedClient(SafeFileHandle socket, ulong key)
{
    /// <summary>Queued bytes at which a socket client that does not read is cut off; a domain's ring never gets there.</summary>
    private const int Hoard = 4 * 1024 * 1024;

    /// <summary>The socket.</summary>
    public SafeFileHandle Socket { get; } = socket;

    /// <summary>The number the socket is polled under.</summary>
    public ulong Key { get; } = key;

    /// <summary>Its messages.</summary>
    public required ClientSession Session { get; init; }

    /// <summary>The client as the store sees it.</summary>
    public StoreConnection Connection => Session.Connection;

    /// <summary>Whether messages are kept until the client has read or may go on.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Whether it stands in the list of those to be flushed.</summary>
    public bool IsDirty { get; set; }

    /// <summary>What the socket is polled for now.</summary>
    public EventPollEvents Polled { get; set; } = EventPollEvents.Readable;

    /// <summary>What the socket should be polled for.</summary>
    public EventPollEvents Wanted =>
        (IsWaiting ? EventPollEvents.None : EventPollEvents.Readable) | (Connection.Output.Length > 0 ? EventPollEvents.Writable : EventPollEvents.None);

    /// <summary>Sends what the socket takes; false if the client is gone or hoards.</summary>
    public bool Flush()
    {
        var output = Connection.Output;
        while (output.Length > 0)
        {
            var sent = StreamSocket.Send(Socket, output.Pending);
            if (sent == 0)
                return false;
            if (sent < 0)
            {
                Connection.IsBlocked = true;
                return output.Length <= Hoard;
            }

            output.Consume(sent);
        }

        Connection.IsBlocked = false;
        Connection.Unread = 0;

        if (Connection.HasOverdue)
        {
            Connection.HasOverdue = false;
            Connection.Watcher.SendOverdue();
        }

        return true;
    }
}
