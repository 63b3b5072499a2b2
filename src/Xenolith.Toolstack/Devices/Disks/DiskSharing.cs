using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>
/// Who may use an image at the same time, as Xen's block script has it: a writable disk is alone; read-only ones share among themselves; one
/// marked <c>!</c> shares with everybody who does not insist on being alone. Kept by locks of two bytes far behind the end of any image, which
/// every Xenolith host of this machine respects.
/// </summary>
internal static class DiskSharing
{
    private const long Users = 1L << 62, Writers = Users + 1;

    /// <summary>Takes the locks; says who or what stands against it, null if nothing does.</summary>
    public static string? Refuse(DiskConfig disk, string path, SafeFileHandle image, FileStatus status, DeviceSurroundings around)
    {
        try
        {
            if (TryTake(disk, image))
            {
                return null;
            }
        }
        catch (HostException e)
        {
            // Some network file systems have no locks: then there is nothing to keep the rule with, and the disk is no worse than under Xen.
            around.Log($"image {path} cannot be locked ({e.Reason}): nothing keeps other domains from using it at the same time");
            return null;
        }

        var holder = ImageUsers.Find(status, around) is { } user ? user : "by another disk of this domain, or by another domain on this machine, perhaps of another user";
        var instead = disk.Writable
            ? $"Two writers destroy a file system. If the guests know how to share it, write `w!' instead of `w' for both; else detach it there first."
            : "Its contents may change at any time. If that is meant, write `r!'; else detach it there first.";
        return $"{DiskTrouble.Begin(disk)}image {path} is in use {(disk.Writable ? string.Empty : "for writing ")}{holder}. {instead}";
    }

    private static bool TryTake(DiskConfig disk, SafeFileHandle image)
    {
        if (disk.Shared)
        {
            return RangeLock.TryShare(image, Users);
        }

        if (!disk.Writable)
        {
            return RangeLock.TryShare(image, Users) && RangeLock.TryShare(image, Writers);
        }

        // Alone for a moment, then visible as a user: a `w!' that comes later is let in only because it says that it knows.
        return RangeLock.TryExclude(image, Users) && RangeLock.TryExclude(image, Writers) && RangeLock.TryShare(image, Users);
    }
}
