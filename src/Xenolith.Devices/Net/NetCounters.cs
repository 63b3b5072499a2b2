namespace Xenolith.Devices.Net;

/// <summary>What a vif has carried, seen from the guest, for <c>xl inspect</c> and <c>xl top</c>. Written by one queue's thread, read by any.</summary>
public sealed class NetCounters
{
    private long _sentPackets, _sentBytes, _sentDropped, _receivedPackets, _receivedBytes, _receivedDropped;

    /// <summary>Packets that the guest sent.</summary>
    public long SentPackets => Volatile.Read(ref _sentPackets);

    /// <summary>Bytes that the guest sent.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <summary>Packets of the guest that were malformed or that nobody could take.</summary>
    public long SentDropped => Volatile.Read(ref _sentDropped);

    /// <summary>Packets that the guest received.</summary>
    public long ReceivedPackets => Volatile.Read(ref _receivedPackets);

    /// <summary>Bytes that the guest received.</summary>
    public long ReceivedBytes => Volatile.Read(ref _receivedBytes);

    /// <summary>Packets for the guest that could not be given to it.</summary>
    public long ReceivedDropped => Volatile.Read(ref _receivedDropped);

    internal void Sent(int bytes)
    {
        Volatile.Write(ref _sentPackets, _sentPackets + 1);
        Volatile.Write(ref _sentBytes, _sentBytes + bytes);
    }

    internal void SentLost() => Volatile.Write(ref _sentDropped, _sentDropped + 1);

    internal void Received(int bytes)
    {
        Volatile.Write(ref _receivedPackets, _receivedPackets + 1);
        Volatile.Write(ref _receivedBytes, _receivedBytes + bytes);
    }

    internal void ReceivedLost() => Volatile.Write(ref _receivedDropped, _receivedDropped + 1);
}
