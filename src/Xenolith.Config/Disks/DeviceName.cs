using System.Globalization;

namespace Xenolith.Config.Disks;

/// <summary>Turns the name of a disk in the guest into the device number that the store and the guest use (xen-vbd-interface(7)).</summary>
public static class DeviceName
{
    private const int XenMajor = 202;
    private const int ScsiMajor = 8;

    /// <summary>The device number of <paramref name="name"/>: <c>xvda</c>, <c>d0p1</c>, <c>hda</c>, <c>sda1</c>, or a number itself.</summary>
    /// <returns>False when real Xen knows no such name.</returns>
    public static bool TryNumber(string name, out int number)
    {
        if (TryDiskAndPartition(name, out var disk, out var partition) || TryLetters(name, "xvd", (1 << 20) - 1, 255, out disk, out partition))
        {
            // Disks and partitions beyond 15 need the extended numbering, marked by bit 28.
            number = disk <= 15 && partition <= 15 ? XenMajor << 8 | disk << 4 | partition : 1 << 28 | disk << 8 | partition;
            return true;
        }

        if (CNumber.TryParse(name, out var plain) && plain is >= 0 and <= int.MaxValue)
        {
            number = (int)plain;
            return true;
        }

        if (TryLetters(name, "hd", 3, 63, out disk, out partition))
        {
            number = (disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | partition;
            return true;
        }

        if (TryLetters(name, "sd", 15, 15, out disk, out partition))
        {
            number = ScsiMajor << 8 | disk << 4 | partition;
            return true;
        }

        number = 0;
        return false;
    }

    private static bool TryDiskAndPartition(string name, out int disk, out int partition)
    {
        (disk, partition) = (0, 0);
        if (!name.StartsWith('d') || name.IndexOf('p') is var p && p < 2)
            return false;
        if (!CNumber.TryParse(name.AsSpan(1, p - 1), out var d) || !CNumber.TryParse(name.AsSpan(p + 1), out var part))
            return false;
        (disk, partition) = ((int)Math.Clamp(d, -1, 1 << 20), (int)Math.Clamp(part, -1, 256));
        return disk is >= 0 and < 1 << 20 && partition is >= 0 and < 256;
    }

    private static bool TryLetters(string name, string prefix, int maxDisk, int maxPartition, out int disk, out int partition)
    {
        (disk, partition) = (-1, 0);
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        var at = prefix.Length;
        for (; at < name.Length && name[at] is >= 'a' and <= 'z'; at++)
        {
            disk = (disk + 1) * 26 + (name[at] - 'a');
            if (disk > maxDisk)
                return false;
        }

        if (disk < 0)
            return false;
        if (at == name.Length)
            return true;
        return name[at] != '0'
            && int.TryParse(name.AsSpan(at), NumberStyles.None, CultureInfo.InvariantCulture, out partition)
            && partition <= maxPartition;
    }
}
