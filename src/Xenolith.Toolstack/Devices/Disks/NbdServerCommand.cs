using Xenolith.Config.Disks;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>How to start the NBD server for a disk that is no raw image.</summary>
/// <param name="Program">The program's name.</param>
/// <param name="Arguments">Its arguments, without its name.</param>
/// <param name="Package">Debian's package of it.</param>
/// <param name="Image">The local file behind the disk, a whole path; null for a remote one.</param>
internal sealed record NbdServerCommand(string Program, IReadOnlyList<string> Arguments, string Package, string? Image)
{
    /// <summary>Targets that name an nbdkit plugin with its parameters, in words: <c>nbdkit:ssh host=backup path=/images/data.img</c>.</summary>
    public const string NbdkitPrefix = "nbdkit:";

    /// <summary>The command for a disk.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">Where relative paths begin.</param>
    /// <param name="socket">The path of the socket to listen on.</param>
    public static NbdServerCommand Of(DiskConfig disk, string directory, string socket)
    {
        var target = disk.Target!;
        if (target.StartsWith(NbdkitPrefix, StringComparison.Ordinal))
        {
            return new(
                "nbdkit",
                ["--foreground", "--exit-with-parent", "--unix", socket, .. disk.Writable ? (string[])[] : ["--readonly"], .. target[NbdkitPrefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)],
                "nbdkit",
                null);
        }

        var image = DiskTargets.IsRemote(target) ? null : Path.GetFullPath(target, directory);

        // Without --persistent it ends when the domain process closes the connection, however that ends.
        return new(
            "qemu-nbd",
            [
                "--socket", socket, "--format", DriverOf(disk.Format), "--cache", "writeback", "--discard", "unmap",
                .. disk.Writable ? (string[])[] : ["--read-only"],
                "--", image ?? target,
            ],
            image is null ? "qemu-utils qemu-block-extra" : "qemu-utils",
            image);
    }

    /// <summary>QEMU's name of a format.</summary>
    public static string DriverOf(DiskFormat format) => format == DiskFormat.Vhd ? "vpc" : format.ToString().ToLowerInvariant();
}
