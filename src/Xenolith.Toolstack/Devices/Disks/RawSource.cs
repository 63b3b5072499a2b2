using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>
/// A raw image: a file or a block device that the domain process reads and writes itself. The lock of the image belongs to the open file, which
/// after the hand-over only the domain process has: it is held exactly as long as that lives.
/// </summary>
internal sealed class RawSource(DiskConfig disk) : DiskSource
{
    private SafeFileHandle? _file;
    private ulong? _device;
    private string _path = string.Empty;

    /// <inheritdoc/>
    public override void Start(DeviceSurroundings around, Action<string?> done)
    {
        _path = Path.GetFullPath(disk.Target!, around.Context.WorkingDirectory);
        try
        {
            _file = disk.Writable ? Descriptors.OpenForWriting(_path) : Descriptors.OpenForReading(_path);
        }
        catch (HostException e)
        {
            done(DiskTrouble.CannotOpen(disk, _path, e));
            return;
        }

        var status = FileStatus.Of(_file);
        _device = status.IsBlockDevice ? status.Device : null;
        if (status.IsRegular && ImageFormats.Guess(_file) is not DiskFormat.Raw and var other)
        {
            around.Context.Remarks.Add($"{DiskTrouble.Begin(disk)}image {_path} looks like {other.ToString().ToLowerInvariant()} and is served as raw. If that is not meant, write `format={other.ToString().ToLowerInvariant()}'.");
        }

        done(Unfit(status) ?? DiskSharing.Refuse(disk, _path, _file, status, around));
    }

    /// <inheritdoc/>
    public override void FillOpen(Message order, List<SafeHandle> descriptors)
    {
        order.With("source", "raw").With("image", _path);
        descriptors.Add(_file!);
    }

    /// <inheritdoc/>
    public override void HandedOver() => _file?.Dispose();

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> PhysicalNodes() => _device is { } device
        ? [("physical-device", string.Create(CultureInfo.InvariantCulture, $"{device >> 32:x}:{device & 0xFFFFFFFF:x}")), ("physical-device-path", _path)]
        : [("physical-device-path", _path)];

    /// <inheritdoc/>
    public override void Dispose() => _file?.Dispose();

    private string? Unfit(FileStatus status)
    {
        if (!status.IsRegular && !status.IsBlockDevice)
        {
            return $"{DiskTrouble.Begin(disk)}{_path} is neither a file nor a block device. Name an image.";
        }

        if (status.IsRegular && RandomAccess.GetLength(_file!) < 512)
        {
            return $"{DiskTrouble.Begin(disk)}image {_path} is {RandomAccess.GetLength(_file!)} bytes long, less than one sector. Give it a size: truncate -s 8G {_path}";
        }

        return null;
    }
}
