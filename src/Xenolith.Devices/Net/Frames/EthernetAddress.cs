using System.Buffers.Binary;
using System.Globalization;

namespace Xenolith.Devices.Net.Frames;

/// <summary>A MAC address in the low 48 bits, first byte highest.</summary>
public readonly record struct EthernetAddress(ulong Value)
{
    private const ulong GroupBit = 1UL << 40;

    /// <summary>All stations.</summary>
    public static EthernetAddress Broadcast { get; } = new(0xffff_ffff_ffff);

    /// <summary>Bytes of an address.</summary>
    public const int Size = 6;

    /// <summary>Multicast or broadcast.</summary>
    public bool IsGroup => (Value & GroupBit) != 0;

    /// <summary>Reads six bytes.</summary>
    public static EthernetAddress Read(ReadOnlySpan<byte> bytes)
        => new(((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]));

    /// <summary>Reads <c>00:16:3e:12:34:56</c>.</summary>
    public static bool TryParse(string? text, out EthernetAddress address)
    {
        address = default;
        var parts = (text ?? "").Split(':');
        if (parts.Length != Size)
        {
            return false;
        }

        ulong value = 0;
        foreach (var part in parts)
        {
            if (part.Length is not (1 or 2) || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                return false;
            }

            value = (value << 8) | octet;
        }

        address = new(value);
        return true;
    }

    /// <summary>Writes six bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(Value >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)Value);
    }

    /// <inheritdoc/>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{(byte)(Value >> 40):x2}:{(byte)(Value >> 32):x2}:{(byte)(Value >> 24):x2}:{(byte)(Value >> 16):x2}:{(byte)(Value >> 8):x2}:{(byte)Value:x2}");
}
