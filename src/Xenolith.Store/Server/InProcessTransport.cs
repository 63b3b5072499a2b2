using Xenolith.Store.Client;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>A client's end in the same process: sending answers at once, receiving waits for other threads' events.</summary>
internal sealed class InProcessTransport : IStoreTransport
{
    private readonly XenStore _store;
    private readonly Lock _lock;
    private readonly ClientSession _session;
    private readonly SemaphoreSlim _arrived = new(0);
    private bool _isOpen = true;

    /// <summary>Connects; the caller holds the lock.</summary>
    public InProcessTransport(XenStore store, Lock storeLock)
    {
        _store = store;
        _lock = storeLock;
        _session = new ClientSession(store, store.Connect(_ => _arrived.Release()));
    }

    /// <inheritdoc/>
    public int FileDescriptor => -1;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (!_isOpen)
                throw new IOException("the store closed this connection");
            if (_session.Receive(data) == SessionState.Broken)
                Close();
        }
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer, int milliseconds)
    {
        while (true)
        {
            lock (_lock)
            {
                var output = _session.Connection.Output;
                var count = Math.Min(output.Length, buffer.Length);
                if (count > 0)
                {
                    output.Pending[..count].CopyTo(buffer);
                    output.Consume(count);
                    return count;
                }

                if (_session.Connection.HasOverdue)
                {
                    _session.Connection.HasOverdue = false;
                    _session.Connection.Watcher.SendOverdue();
                    continue;
                }

                if (_isOpen && _session.Connection.IsDoomed)
                    Close();
                if (!_isOpen)
                    return 0;
                if (_session.Resume() == SessionState.Waiting)
                    milliseconds = Math.Max(1, milliseconds);
                else if (output.Length > 0)
                    continue;
            }

            if (!_arrived.Wait(milliseconds))
                return -1;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            Close();
    }

    private void Close()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        _session.Free();
        _store.Disconnect(_session.Connection);
        _arrived.Release();
    }
}
