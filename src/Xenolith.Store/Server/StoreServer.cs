using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>
/// Serves a store on a listening socket, in one thread: wait, receive, answer, send. Each turn takes one receive from each client that
/// has something to say, so no client can hold up the others for longer than that.
/// </summary>
internal sealed class StoreServer : IDisposable
{
    private const ulong ListenerKey = 0;

    /// <summary>How long a client that must wait for its budget waits at least, in milliseconds.</summary>
    private const int BudgetTick = 5;

    private readonly XenStore _store;
    private readonly uint _owner;
    private readonly EventPoll _poll = new();
    private readonly Dictionary<ulong, ServedClient> _clients = [];
    private readonly List<ServedClient> _dirty = [];
    private readonly List<ServedClient> _waiting = [];
    private readonly byte[] _input = new byte[64 * 1024];
    private readonly EventPollEntry[] _happened = new EventPollEntry[64];
    private SafeHandle? _listener;
    private ulong _lastKey = ListenerKey;

    /// <summary>A server without a listening socket yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="owner">The user whose programs are Domain-0; root's are too.</param>
    public StoreServer(XenStore store, uint owner)
    {
        _store = store;
        _owner = owner;
    }

    /// <summary>Clients that are connected.</summary>
    public int ClientCount => _clients.Count;

    /// <summary>Serves a listening, non-blocking stream socket from now on, and closes the one before.</summary>
    public void ListenOn(SafeHandle listener)
    {
        _listener?.Dispose();
        _listener = listener;
        _poll.Watch(listener, EventPollEvents.Readable, ListenerKey);
    }

    /// <summary>Waits and serves once; false if nothing happened in that time.</summary>
    /// <param name="milliseconds">Longest wait; negative for ever.</param>
    public bool Turn(int milliseconds)
    {
        var tick = WaitingTick();
        if (tick >= 0)
            milliseconds = milliseconds < 0 ? tick : Math.Min(milliseconds, tick);
        var count = _poll.Wait(_happened, milliseconds);
        for (var i = 0; i < count; i++)
            Serve(_happened[i]);
        var happened = count > 0;
        if (_waiting.Count > 0)
            ResumeWaiting();
        FlushDirty();
        return happened;
    }

    /// <summary>Accepts whoever stands in the queue; false if nobody does.</summary>
    public bool AcceptNow()
    {
        if (_listener is null || UnixSockets.Accept(_listener) is not { } socket)
            return false;
        var (pid, uid) = UnixSockets.Peer(socket);
        if (uid != 0 && uid != _owner)
        {
            _store.Log.Warn($"process {pid} of user {uid} was refused: this store belongs to user {_owner}");
            socket.Dispose();
            return true;
        }

        var key = ++_lastKey;
        ServedClient? client = null;
        var connection = _store.Connect(_ => Dirty(client!));
        client = new ServedClient(socket, key) { Session = new ClientSession(_store, connection) };
        _clients.Add(key, client);
        _poll.Watch(socket, EventPollEvents.Readable, key);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in _clients.Values.ToArray())
            Close(client);
        _listener?.Dispose();
        _poll.Dispose();
    }

    private void Serve(in EventPollEntry happened)
    {
        if (happened.Key == ListenerKey)
        {
            AcceptNow();
            return;
        }

        // The client may have been closed by an earlier row of the same turn.
        if (!_clients.TryGetValue(happened.Key, out var client))
            return;
        if ((happened.Events & EventPollEvents.Writable) != 0)
            Dirty(client);
        if ((happened.Events & (EventPollEvents.Readable | EventPollEvents.HangUp | EventPollEvents.Error)) != 0 && !client.IsWaiting)
            Receive(client);
        else if ((happened.Events & (EventPollEvents.HangUp | EventPollEvents.Error)) != 0)
            Close(client);
    }

    private void Receive(ServedClient client)
    {
        var count = StreamSocket.Receive(client.Socket, _input);
        if (count == Descriptors.WouldBlock)
            return;
        if (count == 0)
            Close(client);
        else
            Took(client, client.Session.Receive(_input.AsSpan(0, count)));
    }

    private void Took(ServedClient client, SessionState state)
    {
        if (state == SessionState.Broken)
        {
            client.Flush();
            Close(client);
            return;
        }

        if (state == SessionState.Waiting != client.IsWaiting)
        {
            client.IsWaiting = !client.IsWaiting;
            if (client.IsWaiting)
                _waiting.Add(client);
            else
                _waiting.Remove(client);
            Dirty(client);
        }
    }

    private void ResumeWaiting()
    {
        foreach (var client in _waiting.ToArray())
        {
            if (!client.Flush())
                Close(client);
            else if (!client.Connection.IsBacklogged)
                Took(client, client.Session.Resume());
        }
    }

    /// <summary>
    /// When to look at waiting clients again, in milliseconds: at once if one has been read out meanwhile, a tick later if a domain may be
    /// waiting for its budget; negative if all wait for their sockets, which say so themselves.
    /// </summary>
    private int WaitingTick()
    {
        var tick = -1;
        foreach (var client in _waiting)
        {
            if (client.Connection.IsBacklogged)
                continue;
            if (client.Connection.Domain is null)
                return 0;
            tick = BudgetTick;
        }

        return tick;
    }

    private void Dirty(ServedClient client)
    {
        if (client.IsDirty)
            return;
        client.IsDirty = true;
        _dirty.Add(client);
    }

    private void FlushDirty()
    {
        for (var i = 0; i < _dirty.Count; i++)
        {
            var client = _dirty[i];
            client.IsDirty = false;
            if (client.Socket.IsClosed)
                continue;
            if (!client.Flush())
            {
                if (client.Connection.Output.Length > 0)
                    _store.Log.Warn($"connection {client.Connection.Number} does not read, or is gone, with {client.Connection.Output.Length} bytes queued: closed");
                Close(client);
            }
            else if (client.Connection.IsDoomed)
            {
                Close(client);
            }
            else if (client.Wanted != client.Polled)
            {
                client.Polled = client.Wanted;
                _poll.Change(client.Socket, client.Polled, client.Key);
            }
        }

        _dirty.Clear();
    }

    private void Close(ServedClient client)
    {
        if (!_clients.Remove(client.Key))
            return;
        _waiting.Remove(client);
        _poll.Forget(client.Socket);
        client.Socket.Dispose();
        client.Session.Free();
        _store.Disconnect(client.Connection);
    }
}
