using Xenolith.Config;
using Xenolith.Config.Disks;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>What a disk's target names.</summary>
internal static class DiskTargets
{
    /// <summary>A target that is no path but names something elsewhere: <c>nbd://host/export</c>, <c>rbd:pool/image</c>.</summary>
    public static bool IsRemote(string? target)
    {
        if (target is null || target.StartsWith('/') || target.IndexOf(':', StringComparison.Ordinal) is not (> 1 and var colon))
        {
            return false;
        }

        return target[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c == '+') && !target[..colon].All(char.IsAsciiDigit);
    }

    /// <summary>Disks whose paths begin at this process's working directory, so that another process understands them.</summary>
    public static DomainConfig Absolute(DomainConfig config) => config with { Disks = [.. config.Disks.Select(Absolute)] };

    private static DiskConfig Absolute(DiskConfig disk) =>
        string.IsNullOrEmpty(disk.Target) || disk.HasOwnScript || IsRemote(disk.Target) ? disk : disk with { Target = Whole(disk.Target) };

    /// <summary>Xen's block script looks for a device without a whole path, <c>phy:vg0/root</c>, below /dev.</summary>
    private static string Whole(string target)
    {
        var path = Path.GetFullPath(target);
        var device = Path.Combine("/dev", target);
        return !File.Exists(path) && File.Exists(device) ? device : path;
    }
}
