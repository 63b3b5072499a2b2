using Xenolith.Config.Disks;
using Xenolith.Host;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>Words about disks that cannot be had. Every message begins with the disk's place in the configuration, if it has one.</summary>
internal static class DiskTrouble
{
    /// <summary>The beginning of a message.</summary>
    public static string Begin(DiskConfig disk) => $"{(disk.Position is { } position ? position + ": " : string.Empty)}disk {disk.VirtualDevice}: ";

    /// <summary>An image that cannot be opened.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">Its whole path.</param>
    /// <param name="e">The kernel's answer.</param>
    public static string CannotOpen(DiskConfig disk, string path, HostException e) => Begin(disk) + e.Errno switch
    {
        Errno.ENOENT when path.StartsWith("/dev/", StringComparison.Ordinal) => $"there is no device {path}. See the block devices with lsblk.",
        Errno.ENOENT => $"image {path} does not exist. Make it ({Make(disk, path)}), or correct the path; a relative one begins at xl's working directory.",
        Errno.EACCES or Errno.EPERM when disk.Writable => $"image {path} may not be written by this user. Give the right (chmod, chown, or a group that owns the device), or make the disk read-only: `{disk.VirtualDevice},ro'.",
        Errno.EACCES or Errno.EPERM => $"image {path} may not be read by this user. Give the right with chmod or chown.",
        ReadOnlyFileSystem => $"image {path} lies on a file system that is mounted read-only. Mount it writable, or make the disk read-only: `{disk.VirtualDevice},ro'.",
        IsDirectory => $"image {path} is a directory. Name a file in it, or a block device.",
        var _ => $"image {path} cannot be opened: {e.Reason}.",
    };

    private static string Make(DiskConfig disk, string path) => disk.Format == DiskFormat.Raw
        ? $"truncate -s 8G {path}"
        : $"qemu-img create -f {NbdServerCommand.DriverOf(disk.Format)} {path} 8G";

    private const int IsDirectory = 21;
    private const int ReadOnlyFileSystem = 30;
}
