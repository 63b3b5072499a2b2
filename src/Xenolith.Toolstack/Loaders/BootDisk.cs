using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Loaders;

/// <summary>The disk that a boot loader reads: the first one of the configuration that has something in it, a CD drive only if there is no other.</summary>
/// <param name="Name">The disk in words.</param>
/// <param name="Handle">Open for reading: the image or device itself, or a connection to its NBD server.</param>
/// <param name="Bytes">Its size; 0 if the NBD server is to be asked.</param>
/// <param name="Server">The NBD server of an image that is not raw, which ends with this; null if there is none.</param>
/// <param name="Release">Undoes what a hotplug script made; null if there is nothing.</param>
internal sealed record BootDisk(string Name, SafeFileHandle Handle, long Bytes, IDisposable? Server, Action? Release = null) : IDisposable
{
    // No disk of the domain has this number: the server or the script's device is the loader's, and gone before the disk's own is started.
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
        var filled = config.Disks.Where(d => d.Format != DiskFormat.Empty && !string.IsNullOrEmpty(d.Target)).ToList();
        var disk = filled.Find(d => !d.IsCdrom) ?? filled.FirstOrDefault()
            ?? throw Failed(config, "its boot loader needs a disk, and it has none. Add one to `disk', or name the kernel with kernel= and without bootloader=.");
        var name = $"disk {disk.VirtualDevice} ({disk.Target})";
        if (disk.HasOwnScript)
        {
            return Attach(Around(context, store, config, new("vbd", domid, LoaderDevice)), disk with { Writable = false }, name, abandoned);
        }

        if (disk.Format != DiskFormat.Raw || DiskTargets.IsRemote(disk.Target))
        {
            return Connect(context, store, config, disk with { Writable = false }, name, domid, abandoned);
        }

        return OpenRaw(config, name, Path.Combine(context.WorkingDirectory, disk.Target!));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Handle.Dispose();
        Server?.Dispose();
        Release?.Invoke();
    }

    private static BootDisk OpenRaw(DomainConfig config, string name, string path)
    {
        try
        {
            var handle = Descriptors.OpenForReading(path);
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

    /// <summary>A disk that a script makes is made for as long as it is read, as libxl does by attaching it to Domain-0, and then anew for the domain.</summary>
    private static BootDisk Attach(DeviceSurroundings around, DiskConfig disk, string name, Func<bool> abandoned)
    {
        var script = new DiskScript(disk, around);
        if (script.Missing() is { } missing)
        {
            throw new ToolstackException(missing, ToolstackException.CreationFailed);
        }

        around.WriteBackend(VbdNodes.Of(disk, around.Address.Id, around.Address.Domid).Backend);
        string? path = null, refusal = null;
        script.Run((device, error) => (path, refusal) = (device, error));
        around.Context.Loop.RunUntil(() => path is not null || refusal is not null || abandoned(), int.MaxValue);
        try
        {
            return path is null || abandoned()
                ? throw new ToolstackException(refusal ?? $"domain {around.DomainName} cannot be created: xl create was ended before it was done.", ToolstackException.CreationFailed)
                : OpenRaw(around.Config, name, path) with { Release = Release };
        }
        catch (ToolstackException)
        {
            Release();
            throw;
        }

        void Release()
        {
            var undone = false;
            script.Undo(() => undone = true);
            around.Context.Loop.RunUntil(() => undone, int.MaxValue);
            around.Store.Do(s => s.Write([], [around.Address.Backend]));
        }
    }

    private static BootDisk Connect(MonitorContext context, StoreKeeper store, DomainConfig config, DiskConfig disk, string name, int domid, Func<bool> abandoned)
    {
        SafeFileHandle? socket = null;
        string? refusal = null;
        var server = new NbdServer(disk, Around(context, store, config, new("vbd", domid, LoaderDevice)));
        server.Start((connection, error) => (socket, refusal) = (connection, error));
        context.Loop.RunUntil(() => socket is not null || refusal is not null || abandoned(), int.MaxValue);
        if (socket is not null)
        {
            return new(name, socket, 0, server);
        }

        server.Dispose();
        throw new ToolstackException(refusal ?? $"domain {config.Name} cannot be created: xl create was ended before it was done.", ToolstackException.CreationFailed);
    }

    private static DeviceSurroundings Around(MonitorContext context, StoreKeeper store, DomainConfig config, DeviceAddress address) => new()
    {
        Context = context,
        Store = store,
        Address = address,
        DomainName = config.Name,
        Config = config,
        Log = text => context.Log.Write($"Boot loader: {text}"),
        Order = (_, _, answer) => answer(null),
        Fail = text => context.Log.Write($"Boot loader: {text}"),
        WriteBackend = nodes => store.Do(s => s.Write([.. nodes.Select(n => new StoreNode($"{address.Backend}/{n.Name}", n.Value, []))])),
    };

    private static ToolstackException Failed(DomainConfig config, string text) =>
        new($"domain {config.Name} cannot be created: {text}", ToolstackException.CreationFailed);

    private static ToolstackException Failed(DomainConfig config, string text, Exception cause) =>
        new($"domain {config.Name} cannot be created: {text}", ToolstackException.CreationFailed, cause);
}
