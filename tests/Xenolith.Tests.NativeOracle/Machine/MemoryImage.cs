namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>The contents of all regions, one after another.</summary>
internal sealed class MemoryImage
{
    public byte[] Bytes { get; } = new byte[AddressMap.TotalSize];

    public Span<byte> At(ulong address, int length)
    {
        var start = 0;
        foreach (var region in AddressMap.Regions)
        {
            if (address - region.Address < (ulong)region.Size)
            {
                return Bytes.AsSpan(start + (int)(address - region.Address), length);
            }

            start += region.Size;
        }

        throw new ArgumentOutOfRangeException(nameof(address), $"{address:x} is in no region");
    }

    /// <summary>Random data everywhere, breakpoints in the code region.</summary>
    public static MemoryImage Random(Random random)
    {
        var image = new MemoryImage();
        random.NextBytes(image.Bytes);
        image.At(AddressMap.Code, AddressMap.CodeSize).Fill(0xCC);
        return image;
    }

    /// <summary>Linear address of the first byte that differs, or null.</summary>
    public ulong? FirstDifference(MemoryImage other)
    {
        var index = Bytes.AsSpan().CommonPrefixLength(other.Bytes);
        if (index == Bytes.Length)
        {
            return null;
        }

        foreach (var region in AddressMap.Regions)
        {
            if (index < region.Size)
            {
                return region.Address + (ulong)index;
            }

            index -= region.Size;
        }

        return null;
    }

    public MemoryImage Copy()
    {
        var copy = new MemoryImage();
        Bytes.CopyTo(copy.Bytes, 0);
        return copy;
    }
}
