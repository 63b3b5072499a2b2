using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Loaders;

/// <summary>The disk that a boot loader reads: the first one of the configuration that has something in it and is no CD drive.</summary>
/// <param name="Name">The disk in words.</param>
/// <param name="Handle">Open for reading.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record BootDisk(string Name, SafeFileHandle Handle, long Bytes) : IDisposable
{
    /// <summary>Opens it.</summary>
    /// <exception cref="ToolstackException">There is none, or it cannot be opened.</exception>
    public static BootDisk Open(MonitorContext context, DomainConfig config)
    {
        var disk = config.Disks.FirstOrDefault(d => !d.IsCdrom && d.Format != DiskFormat.Empty && !string.IsNullOrEmpty(d.Target))
            ?? throw Failed(config, "its boot loader needs a disk, and it has none. Add one to `disk', or name the kernel with kernel= and without bootloader=.");
        var name = $"disk {disk.VirtualDevice} ({disk.Target})";
        if (disk.Format != DiskFormat.Raw)
        {
            throw Failed(config, $"the boot loader reads raw images and devices, and {name} is {disk.Format.ToString().ToLowerInvariant()}. Name the kernel with kernel= and without bootloader=, or convert the image (qemu-img convert -O raw).");
        }

        try
        {
            var handle = Descriptors.OpenForReading(Path.Combine(context.WorkingDirectory, disk.Target!));
            var bytes = PositionedIo.BlockDeviceSize(handle)?.Bytes ?? RandomAccess.GetLength(handle);
            return new(name, handle, bytes);
        }
        catch (HostException e)
        {
            throw Failed(config, $"{name} cannot be opened for the boot loader: {e.Reason}. Check `disk' in the configuration.", e);
        }
        catch (Exception e) when (e is NotSupportedException or UnauthorizedAccessException)
        {
            throw Failed(config, $"{name} is neither a file nor a block device. Check `disk' in the configuration.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static ToolstackException Failed(DomainConfig config, string text, Exception? cause = null) =>
        cause is null
            ? new($"domain {config.Name} cannot be created: {text}", ToolstackException.CreationFailed)
            : new($"domain {config.Name} cannot be created: {text}", ToolstackException.CreationFailed, cause);
}
