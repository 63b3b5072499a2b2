using System.Globalization;
using Xenolith.Host;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>
/// Makes a fresh connection the store ring of a domain, and reads the reply and not a byte more: the events of the domain's watches follow at
/// once, and belong to whoever gets the connection.
/// </summary>
internal static class RingHandshake
{
    /// <summary>Asks on the connection; throws <see cref="StoreException"/> if the store refuses.</summary>
    public static void Bind(IStoreTransport transport, int domid)
    {
        var payload = StoreClient.Terminated("bind", domid.ToString(CultureInfo.InvariantCulture));
        var message = new byte[MessageHeader.Size + payload.Length];
        new MessageHeader(MessageType.Control, 1, 0, (uint)payload.Length).Write(message);
        payload.CopyTo(message, MessageHeader.Size);
        transport.Send(message);

        var header = MessageHeader.Read(ReceiveExactly(transport, MessageHeader.Size));
        if (header.Length > WireLimits.Payload)
            throw new InvalidDataException($"xenstored announced a payload of {header.Length} bytes");
        var reply = ReceiveExactly(transport, (int)header.Length);
        if (header.Type == MessageType.Error)
            throw new StoreException(MessageType.Control, $"bind domain {domid}", StoreErrorNames.Parse(reply));
    }

    private static byte[] ReceiveExactly(IStoreTransport transport, int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var received = transport.Receive(bytes.AsSpan(have), -1);
            if (received == 0)
                throw new HostException("bind a domain's ring at xenstored", Errno.EPIPE);
            have += received;
        }

        return bytes;
    }
}
