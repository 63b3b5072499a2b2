using System.Buffers.Binary;

namespace Xenolith.Store.Wire;

/// <summary>The 16 bytes before each payload: struct xsd_sockmsg of io/xs_wire.h, little endian.</summary>
/// <param name="Type">What is asked or answered.</param>
/// <param name="RequestId">Chosen by the client, repeated in the reply; 0 in events.</param>
/// <param name="TransactionId">0, or the transaction the request belongs to.</param>
/// <param name="Length">Bytes of payload that follow.</param>
public readonly record struct MessageHeader(MessageType Type, uint RequestId, uint TransactionId, uint Length)
{
    /// <summary>Bytes of a header on the wire.</summary>
    public const int Size = 16;

    /// <summary>Reads a header from the first 16 bytes.</summary>
    public static MessageHeader Read(ReadOnlySpan<byte> from) => new(
        (MessageType)BinaryPrimitives.ReadUInt32LittleEndian(from),
        BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[12..]));

    /// <summary>Writes the header into the first 16 bytes.</summary>
    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], TransactionId);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], RequestId);
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)Type);
    }
}
