using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>
/// A disk behind an NBD server of its own: every format but raw, and everything remote. The domain process gets a connected socket, and for a
/// local image also the file itself, only to hold its lock. A server that dies is not started again: what it had acknowledged and not flushed
/// may be lost, and the guest must learn of that by errors.
/// </summary>
internal sealed class NbdSource(DiskConfig disk) : DiskSource
{
    private NbdServer? _server;
    private SafeFileHandle? _socket, _image;
    private string _name = disk.Target!;

    /// <inheritdoc/>
    public override void Start(DeviceSurroundings around, Action<string?> done)
    {
        if (!DiskTargets.IsRemote(disk.Target) && OpenImage(around) is { } error)
        {
            done(error);
            return;
        }

        _server = new(disk, around);
        _server.Start((socket, refusal) =>
        {
            _socket = socket;
            if (socket is not null)
            {
                // Its requests fail from now on; the guest decides what to do without the disk.
                _server.Died = around.Log;
            }

            done(refusal);
        });
    }

    /// <inheritdoc/>
    public override void FillOpen(Message order, List<SafeHandle> descriptors)
    {
        order.With("source", "nbd").With("image", _name).With("server", _server!.Name);
        descriptors.Add(_socket!);
        if (_image is not null)
        {
            descriptors.Add(_image);
        }
    }

    /// <inheritdoc/>
    public override void HandedOver()
    {
        _socket?.Dispose();
        _image?.Dispose();
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> PhysicalNodes() => DiskTargets.IsRemote(disk.Target) ? [] : [("physical-device-path", _name)];

    /// <inheritdoc/>
    public override void Dispose()
    {
        HandedOver();
        _server?.Dispose();
    }

    private string? OpenImage(DeviceSurroundings around)
    {
        _name = Path.GetFullPath(disk.Target!, around.Context.WorkingDirectory);
        if (disk is { Shared: true, Writable: true })
        {
            return $"{DiskTrouble.Begin(disk)}a {disk.Format.ToString().ToLowerInvariant()} image cannot be shared by writers: its own tables would be destroyed. Use a raw image, or leave the `!' out.";
        }

        try
        {
            _image = disk.Writable ? Descriptors.OpenForWriting(_name) : Descriptors.OpenForReading(_name);
        }
        catch (HostException e)
        {
            return DiskTrouble.CannotOpen(disk, _name, e);
        }

        return ImageFormats.Refuse(disk, _name, _image) ?? DiskSharing.Refuse(disk, _name, _image, FileStatus.Of(_image), around);
    }
}
