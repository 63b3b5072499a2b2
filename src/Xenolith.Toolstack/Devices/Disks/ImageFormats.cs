using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Disks;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>
/// What an image's first bytes say that it holds. Only to tell a person of a mistake: what a disk is served as is what the configuration says,
/// since a guest can write any header into a raw disk.
/// </summary>
internal static class ImageFormats
{
    private const int HeadBytes = 512;

    /// <summary>The format an image looks like; raw if it looks like none.</summary>
    public static DiskFormat Guess(SafeFileHandle image)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        head = head[..RandomAccess.Read(image, head, 0)];
        Span<byte> tail = stackalloc byte[HeadBytes];
        var length = RandomAccess.GetLength(image);
        tail = length >= HeadBytes ? tail[..RandomAccess.Read(image, tail, length - HeadBytes)] : [];
        return head switch
        {
            _ when Begins(head, 'Q', 'F', 'I', 0xfb) => head.Length > 7 && head[7] == 1 ? DiskFormat.Qcow : DiskFormat.Qcow2,
            _ when head.StartsWith("QED\0"u8) => DiskFormat.Qed,
            _ when head.StartsWith("vhdxfile"u8) => DiskFormat.Vhdx,
            _ when head.StartsWith("conectix"u8) || tail.StartsWith("conectix"u8) => DiskFormat.Vhd,
            _ when head.StartsWith("KDMV"u8) || head.StartsWith("# Disk DescriptorFile"u8) => DiskFormat.Vmdk,
            _ when head.Length > 0x44 && Begins(head[0x40..], 0x7f, 0x10, 0xda, 0xbe) => DiskFormat.Vdi,
            _ => DiskFormat.Raw,
        };
    }

    /// <summary>Refuses an image that is plainly not what the configuration says; null if it may be.</summary>
    public static string? Refuse(DiskConfig disk, string path, SafeFileHandle image) => Guess(image) is var found && found != disk.Format
        ? $"{DiskTrouble.Begin(disk)}image {path} is no {disk.Format.ToString().ToLowerInvariant()} image; it looks like {found.ToString().ToLowerInvariant()}. Write `format={found.ToString().ToLowerInvariant()}', or convert it with qemu-img."
        : null;

    private static bool Begins(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> expected)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (i >= bytes.Length || bytes[i] != expected[i])
            {
                return false;
            }
        }

        return true;
    }
}
