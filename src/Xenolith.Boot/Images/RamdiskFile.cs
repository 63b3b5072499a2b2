using System.Buffers.Binary;
using Xenolith.Boot.Compression;

namespace Xenolith.Boot.Images;

/// <summary>Reads a ramdisk. One packed by gzip is unpacked here if it fits easily, as Xen's domain builder does: the host is faster at it than the guest.</summary>
public static class RamdiskFile
{
    /// <summary>Most bytes a ramdisk file may have.</summary>
    public const int MaximumSize = 1 << 30;

    /// <summary>Reads a ramdisk.</summary>
    /// <param name="path">The file.</param>
    /// <param name="domainBytes">The domain's memory; an unpacked ramdisk of more than a quarter of it stays packed.</param>
    /// <exception cref="BootException">The file cannot be read or is too large.</exception>
    public static ImageBuffer Load(string path, ulong domainBytes) =>
        Fit(ImageBuffer.ReadFile(path, "ramdisk", MaximumSize), domainBytes);

    /// <summary>Reads a ramdisk from an open file; see <see cref="Load(string, ulong)"/>.</summary>
    public static ImageBuffer Load(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path, ulong domainBytes) =>
        Fit(ImageBuffer.ReadFile(handle, $"ramdisk {path}", MaximumSize), domainBytes);

    private static ImageBuffer Fit(ImageBuffer packed, ulong domainBytes)
    {
        if (!packed.Bytes.StartsWith(GzipPayload.Magic) || packed.Length < 18)
        {
            return packed;
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(packed.Bytes[^4..]);
        if (size == 0 || size > domainBytes / 4 || size > MaximumSize)
        {
            return packed;
        }

        var unpacked = new ImageBuffer((int)size);
        try
        {
            GzipPayload.Unpack(packed.Bytes, unpacked);
            packed.Dispose();
            return unpacked;
        }
        catch (Exception e) when (e is BootException or InvalidDataException or EndOfStreamException)
        {
            // Several archives in one file, or something behind it: the guest knows what to make of it.
            unpacked.Dispose();
            return packed;
        }
    }
}
