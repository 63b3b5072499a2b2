using System.Buffers.Binary;
using Xenolith.Abi.Net;

namespace Xenolith.Devices.Net.Guest;

/// <summary>A copied netif_tx_request: a piece of a packet in a granted page.</summary>
/// <param name="Gref">The page.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="Flags">Flags.</param>
/// <param name="Id">Echoed in the response.</param>
/// <param name="Size">Bytes; of the whole packet in its first request.</param>
public readonly record struct TxRequest(uint Gref, ushort Offset, NetifTxFlags Flags, ushort Id, ushort Size)
{
    /// <summary>Reads one.</summary>
    public static TxRequest Read(ReadOnlySpan<byte> entry) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(entry[NetifLayout.TxGref..]),
        BinaryPrimitives.ReadUInt16LittleEndian(entry[NetifLayout.TxOffset..]),
        (NetifTxFlags)BinaryPrimitives.ReadUInt16LittleEndian(entry[NetifLayout.TxFlags..]),
        BinaryPrimitives.ReadUInt16LittleEndian(entry[NetifLayout.TxId..]),
        BinaryPrimitives.ReadUInt16LittleEndian(entry[NetifLayout.TxSize..]));
}
