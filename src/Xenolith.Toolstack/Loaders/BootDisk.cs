using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Loaders;

/// <summary>The disk that a boot loader reads: the first one of the configuration that has something in it and is no CD drive.</summary>
/// <param name="Name">The disk in words.</param>
/// <param name="Handle">Open for reading: the image or device itself, or a connection to its NBD server.</param>
/// <param name="Bytes">Its size; 0 if the NBD server is to be asked.</param>
/// <param name="Server">The NBD server of an image that is not raw, which ends with this; null if there is none.</param>
internal sealed record BootDisk(string Name, SafeFileHandle Handle, long Bytes, IDisposable? Server) : IDisposable
{
    // No disk of the domain has this number: the server is the loader's, and gone before the disk's own is started.
    private const int LoaderDevice = -1;

    /// <summary>Opens it.</summary>
    /// <param name="context">The monitor.</param>
    /// <param name="store">Its store.</param>
    /// <param name="config">The domain.</param>
    /// <param name="domid">Its id.</param>
    /// <param name="abandoned">Says that nobody wants the domain any more.</param>
    /// <exception cref="ToolstackException">There is none, or it cannot be opened.</exception>
    public static BootDisk Open(MonitorContext context, StoreKeeper store, DomainConfig config, int domid, Func<bool> abandoned)
    {
        var disk = config.Disks.FirstOrDefault(d => !d.IsCdrom && d.Format != DiskFormat.Empty && !string.IsNullOrEmpty(d.Target))
            ?? throw Failed(config, "its boot loader needs a disk, and it has none. Add one to `disk', or name the kernel with kernel= and without bootloader=.");
        var name = $"disk {disk.VirtualDevice} ({disk.Target})";
        if (disk.Format != DiskFormat.Raw || DiskTargets.IsRemote(disk.Target))
        {
            return Connect(context, store, config, disk with { Writable = false }, name, domid, abandoned);
        }

        try
        {
            var handle = Descriptors.OpenForReading(Path.Combine(context.WorkingDirectory, disk.Target!));
            var bytes = PositionedIo.BlockDeviceSize(handle)?.Bytes ?? RandomAccess.GetLength(handle);
            return new(name, handle, bytes, null);
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
    public void Dispose()
    {
        Handle.Dispose();
        Server?.Dispose();
    }

    private static BootDisk Connect(MonitorContext context, StoreKeeper store, DomainConfig config, DiskConfig disk, string name, int domid, Func<bool> abandoned)
    {
        SafeFileHandle? socket = null;
        string? refusal = null;
        var server = new NbdServer(disk, new()
        {
            Context = context,
            Store = store,
            Address = new("vbd", domid, LoaderDevice),
            DomainName = config.Name,
            Config = config,
            Log = text => context.Log.Write($"Boot loader: {text}"),
            Order = (_, _, answer) => answer(null),
            Fail = text => context.Log.Write($"Boot loader: {text}"),
            WriteBackend = _ => { },
        });
        server.Start((connection, error) => (socket, refusal) = (connection, error));
        context.Loop.RunUntil(() => socket is not null || refusal is not null || abandoned(), int.MaxValue);
        if (socket is not null)
        {
            return new(name, socket, 0, server);
        }

        server.Dispose();
        throw new ToolstackException(refusal ?? $"domain {config.Name} cannot be created: xl create was ended before it was done.", ToolstackException.CreationFailed);
    }

    private static ToolstackException Failed(DomainConfig config, string text) =>
        new($"domain {config.Name} cannot be created: {text}", ToolstackException.CreationFailed);

    private static ToolstackException Failed(DomainConfig config, string text, Exception cause) =>
        new($"domain {config.Name} cannot be created: {text}", ToolstackException.CreationFailed, cause);
}
