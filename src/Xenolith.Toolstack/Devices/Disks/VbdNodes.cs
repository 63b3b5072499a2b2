using System.Globalization;
using Xenolith.Config.Disks;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>The nodes of a disk, in libxl's order and blkback's, as data.</summary>
internal static class VbdNodes
{
    /// <summary>Which of Xen's backends a disk appears to have: the directory below <c>/local/domain/0/backend</c> and the node <c>type</c>.</summary>
    public static (string Directory, string Type) BackendOf(DiskConfig disk) => disk.Backend switch
    {
        DiskBackend.Tap => ("vbd3", "vbd3"),
        DiskBackend.Qdisk => ("qdisk", "qdisk"),
        _ when disk.HasOwnScript => ("vbd", "phy"),
        _ when disk.Format is DiskFormat.Raw or DiskFormat.Empty && !DiskTargets.IsRemote(disk.Target) => ("vbd", "phy"),
        _ => ("qdisk", "qdisk"),
    };

    /// <summary>What is written when the disk is made.</summary>
    public static DeviceNodes Of(DiskConfig disk, int number, int domid)
    {
        var type = BackendOf(disk).Type;
        List<(string, string)> backend =
        [
            ("params", Parameters(disk)),
            .. type switch
            {
                "phy" => [("script", DiskScript.PathOf(disk, "block"))],
                "vbd3" => [("script", DiskScript.PathOf(disk, "block-tap"))],
                _ => ((string, string)[])[],
            },
            ("frontend-id", Number(domid)),
            ("online", "1"),
            ("removable", Flag(disk.Removable)),
            ("bootable", "1"),
            ("state", "1"),
            ("dev", disk.VirtualDevice),
            ("type", type),
            ("mode", disk.Writable ? "w" : "r"),
            ("device-type", disk.IsCdrom ? "cdrom" : "disk"),
            .. disk.DirectIoSafe ? [("direct-io-safe", "1")] : ((string, string)[])[],
            ("discard-enable", Flag(disk.Discard ?? disk.Writable)),
            ("specification", "xen"),
        ];
        return new(
            backend,
            [
                ("state", "1"),
                ("virtual-device", Number(number)),
                ("device-type", disk.IsCdrom ? "cdrom" : "disk"),
                ("trusted", Flag(disk.Trusted ?? true)),
                ("protocol", "x86_64-abi"),
            ],
            []);
    }

    /// <summary>What is behind the disk, in the form of its backend.</summary>
    public static string Parameters(DiskConfig disk) => BackendOf(disk).Type == "phy" ? disk.Target ?? string.Empty : $"{FormatName(disk.Format)}:{disk.Target}";

    /// <summary>
    /// What the backend offers once it serves, from the domain process's answer. Persistent grants are offered only where the frontend copies its
    /// data anyway, because it does not trust us: else they would make it copy every byte, and save a mapping that costs next to nothing here.
    /// </summary>
    public static IEnumerable<(string Name, string Value)> Connected(DiskConfig disk, Message answer)
    {
        var sector = answer.Number("sector-size", 512);
        yield return ("feature-flush-cache", "1");
        if (answer.Flag("discard"))
        {
            yield return ("discard-granularity", Number(Math.Max(4096, sector)));
            yield return ("discard-alignment", "0");
            yield return ("discard-secure", "0");
            yield return ("feature-discard", "1");
        }

        yield return ("feature-barrier", "1");
        yield return ("feature-persistent", Flag(disk.Trusted == false));
        yield return ("sectors", Number(answer.Number("bytes") / 512));
        yield return ("info", Number(Info(answer)));
        yield return ("sector-size", Number(sector));
        yield return ("physical-sector-size", Number(sector));
    }

    /// <summary>VDISK_CDROM, VDISK_REMOVABLE and VDISK_READONLY (xen/include/public/io/blkif.h).</summary>
    private static long Info(Message answer) => (answer.Flag("cdrom") ? 1 | 2 : 0) | (answer.Flag("read-only") ? 4 : 0);

    /// <summary>libxl__device_disk_string_of_format.</summary>
    private static string FormatName(DiskFormat format) => format is DiskFormat.Raw or DiskFormat.Empty ? "aio" : format.ToString().ToLowerInvariant();

    private static string Flag(bool value) => value ? "1" : "0";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
