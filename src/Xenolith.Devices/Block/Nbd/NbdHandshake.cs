using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Devices.Block.Nbd;

/// <summary>The fixed-newstyle negotiation of an NBD client, up to an open export (NBD protocol, "Handshake phase").</summary>
internal static class NbdHandshake
{
    private const ulong Magic = 0x4e42444d41474943, OptionMagic = 0x49484156454f5054, ReplyMagic = 0x3e889045565a9;
    private const int OptionGo = 7, ReplyAck = 1, ReplyInfo = 3;
    private const int InfoExport = 0, InfoBlockSize = 3;
    private const int MaxReply = 64 * 1024;

    /// <summary>Negotiates one export by name; the empty name is the server's default.</summary>
    public static NbdExport Open(Stream stream, string name)
    {
        Span<byte> greeting = stackalloc byte[18];
        stream.ReadExactly(greeting);
        if (BinaryPrimitives.ReadUInt64BigEndian(greeting) != Magic || BinaryPrimitives.ReadUInt64BigEndian(greeting[8..]) != OptionMagic)
        {
            throw new NbdException("the peer does not speak the newstyle NBD protocol; is it an NBD server?");
        }

        const ushort fixedNewstyle = 1;
        var handshake = BinaryPrimitives.ReadUInt16BigEndian(greeting[16..]);
        if ((handshake & fixedNewstyle) == 0)
        {
            throw new NbdException("the NBD server is too old (no fixed newstyle negotiation)");
        }

        Span<byte> clientFlags = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(clientFlags, (uint)(handshake & 3));
        stream.Write(clientFlags);
        SendGo(stream, name);
        return ReadReplies(stream, name);
    }

    private static void SendGo(Stream stream, string name)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        var message = new byte[16 + 4 + utf8.Length + 2 + 2];
        BinaryPrimitives.WriteUInt64BigEndian(message, OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), OptionGo);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), (uint)(message.Length - 16));
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(16), (uint)utf8.Length);
        utf8.CopyTo(message.AsSpan(20));
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(20 + utf8.Length), 1);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(22 + utf8.Length), InfoBlockSize);
        stream.Write(message);
    }

    private static NbdExport ReadReplies(Stream stream, string name)
    {
        NbdExport? export = null;
        var minimum = 1;
        var header = new byte[20];
        while (true)
        {
            stream.ReadExactly(header);
            var type = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
            var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16));
            if (BinaryPrimitives.ReadUInt64BigEndian(header) != ReplyMagic || length > MaxReply)
            {
                throw new NbdException("the NBD server sent a malformed reply during negotiation");
            }

            var body = new byte[length];
            stream.ReadExactly(body);
            if ((type & 0x8000_0000) != 0)
            {
                throw new NbdException($"the NBD server refused export '{name}' (error {type & 0x7fff_ffff}{(length > 0 ? ": " + Encoding.UTF8.GetString(body) : "")})");
            }

            switch (type)
            {
                case ReplyAck when export is not null:
                    return export with { MinimumBlock = minimum };
                case ReplyAck:
                    throw new NbdException($"the NBD server accepted export '{name}' without telling its size");
                case ReplyInfo when length >= 12 && BinaryPrimitives.ReadUInt16BigEndian(body) == InfoExport:
                    export = new NbdExport(BinaryPrimitives.ReadInt64BigEndian(body.AsSpan(2)), (NbdFlags)BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(10)), 1);
                    break;
                case ReplyInfo when length >= 14 && BinaryPrimitives.ReadUInt16BigEndian(body) == InfoBlockSize:
                    minimum = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(2)), 1u, 65536u);
                    break;
            }
        }
    }
}
