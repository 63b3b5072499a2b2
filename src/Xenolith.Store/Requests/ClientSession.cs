using System.Buffers;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>What became of bytes given to a <see cref="ClientSession"/>.</summary>
internal enum SessionState
{
    /// <summary>All whole messages are answered.</summary>
    Idle,

    /// <summary>Messages are kept until the client has read, or its budget has filled up; call <see cref="ClientSession.Resume"/> later.</summary>
    Waiting,

    /// <summary>The client broke the protocol, or is not wanted any more.</summary>
    Broken,
}

/// <summary>Cuts a client's byte stream into messages and has them answered. Keeps at most what one receive brought, and nothing when idle.</summary>
internal sealed class ClientSession(XenStore store, StoreConnection connection)
{
    private byte[] _kept = [];
    private int _keptLength;

    /// <summary>The client as the store sees it.</summary>
    public StoreConnection Connection => connection;

    /// <summary>Takes received bytes; not to be called while <see cref="SessionState.Waiting"/>.</summary>
    public SessionState Receive(ReadOnlySpan<byte> data)
    {
        if (_keptLength > 0)
        {
            Keep(data);
            return Resume();
        }

        var state = Answer(data, out var used);
        Keep(data[used..]);
        return state;
    }

    /// <summary>Goes on with messages that were kept.</summary>
    public SessionState Resume()
    {
        var state = Answer(_kept.AsSpan(0, _keptLength), out var used);
        _kept.AsSpan(used, _keptLength - used).CopyTo(_kept);
        _keptLength -= used;
        if (_keptLength == 0)
            Free();
        return state;
    }

    /// <summary>Gives the memory back.</summary>
    public void Free()
    {
        _keptLength = 0;
        if (_kept.Length > 0)
            ArrayPool<byte>.Shared.Return(_kept);
        _kept = [];
    }

    private SessionState Answer(ReadOnlySpan<byte> data, out int used)
    {
        used = 0;
        while (data.Length - used >= MessageHeader.Size)
        {
            var header = MessageHeader.Read(data[used..]);
            if (header.Length > WireLimits.Payload)
            {
                store.Log.Warn($"connection {connection.Number} of domain {connection.Actor.Domid} announced a payload of {header.Length} bytes, the limit is {WireLimits.Payload}: cut off");
                return SessionState.Broken;
            }

            var size = MessageHeader.Size + (int)header.Length;
            if (data.Length - used < size)
                break;
            if (store.MustWait(connection))
                return SessionState.Waiting;
            store.Answer(connection, header, data.Slice(used + MessageHeader.Size, (int)header.Length));
            used += size;
            if (connection.IsDoomed)
                return SessionState.Broken;
        }

        return SessionState.Idle;
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        if (_kept.Length < _keptLength + data.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(WireLimits.Message, _keptLength + data.Length));
            _kept.AsSpan(0, _keptLength).CopyTo(larger);
            if (_kept.Length > 0)
                ArrayPool<byte>.Shared.Return(_kept);
            _kept = larger;
        }

        data.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += data.Length;
    }
}
