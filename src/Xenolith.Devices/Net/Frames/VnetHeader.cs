using System.Buffers.Binary;

namespace Xenolith.Devices.Net.Frames;

/// <summary>
/// What travels with a frame between ports: virtio's <c>struct virtio_net_hdr</c> in its 10-byte form, as a TAP with IFF_VNET_HDR reads and
/// writes it. Numbers of a header that came from outside are checked by <see cref="FrameOffload"/> before they are used.
/// </summary>
/// <param name="Flags">Bits below.</param>
/// <param name="Gso">What protocol a segmented packet has.</param>
/// <param name="HeaderLength">Bytes of all headers of a segmented packet.</param>
/// <param name="GsoSize">Payload bytes of each segment.</param>
/// <param name="ChecksumStart">Where the sum begins, if it is still to be filled in.</param>
/// <param name="ChecksumOffset">Where it is stored, from the start.</param>
public readonly record struct VnetHeader(VnetFlags Flags, VnetGso Gso, ushort HeaderLength, ushort GsoSize, ushort ChecksumStart, ushort ChecksumOffset)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 10;

    /// <summary>True if the transport checksum is still to be filled in.</summary>
    public bool NeedsChecksum => (Flags & VnetFlags.NeedsChecksum) != 0;

    /// <summary>True if the packet is to be cut into segments before it goes to a wire.</summary>
    public bool IsSegmented => Gso != VnetGso.None;

    /// <summary>Reads one; the ECN bit of the protocol is dropped.</summary>
    public static VnetHeader Read(ReadOnlySpan<byte> bytes) => new(
        (VnetFlags)bytes[0],
        (VnetGso)(bytes[1] & 0x7f),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]));

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)Flags;
        bytes[1] = (byte)Gso;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], HeaderLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], GsoSize);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], ChecksumStart);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], ChecksumOffset);
    }
}

/// <summary>VIRTIO_NET_HDR_F_*.</summary>
[Flags]
public enum VnetFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The checksum is to be filled in; the field holds the pseudo header's sum.</summary>
    NeedsChecksum = 1,

    /// <summary>The checksum was checked.</summary>
    DataValid = 2,
}

/// <summary>VIRTIO_NET_HDR_GSO_*.</summary>
public enum VnetGso : byte
{
    /// <summary>An ordinary packet.</summary>
    None = 0,

    /// <summary>TCP over IPv4.</summary>
    TcpV4 = 1,

    /// <summary>TCP over IPv6.</summary>
    TcpV6 = 4,
}
