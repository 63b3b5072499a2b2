namespace Xenolith.Boot.Loader.Disks;

/// <summary>Recognises what the loader does not read, so that the error can say what was found instead of a file system that it reads.</summary>
internal static class FileSystemKind
{
    private static readonly (string Name, long Position, byte[] Magic)[] Known =
    [
        ("a btrfs file system", 0x10040, "_BHRfS_M"u8.ToArray()),
        ("an LVM volume", 512, "LABELONE"u8.ToArray()),
        ("an encrypted (LUKS) volume", 0, "LUKS"u8.ToArray()),
        ("a swap area", 4086, "SWAPSPACE2"u8.ToArray()),
        ("a squashfs file system", 0, "hsqs"u8.ToArray()),
        ("an NTFS file system", 3, "NTFS"u8.ToArray()),
        ("a qcow2 image (not a raw one)", 0, [0x51, 0x46, 0x49, 0xFB]),
        ("a ReiserFS file system", 65588, "ReIsEr"u8.ToArray()),
        ("an FFS file system", 8192 + 1372, [0x54, 0x19, 0x01, 0x00]),
        ("an FFS file system", 65536 + 1372, [0x19, 0x01, 0x54, 0x19]),
    ];

    /// <summary>What lies there, as a phrase; null if it is not known.</summary>
    public static string? Of(BlockSource blocks)
    {
        foreach (var (name, position, magic) in Known)
        {
            if (blocks.Length < position + magic.Length)
            {
                continue;
            }

            var bytes = new byte[magic.Length];
            blocks.Read(position, bytes);
            if (bytes.AsSpan().SequenceEqual(magic))
            {
                return name;
            }
        }

        return null;
    }
}
