using System.Globalization;
using Xenolith.Config.Disks;
using Xenolith.Toolstack.Devices.Hotplug;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>
/// The hotplug script of a disk at work (docs/misc/block-scripts.txt of Xen): it reads <c>params</c> and <c>mode</c> from the backend's directory,
/// makes a block device (an iSCSI session, a DRBD that becomes primary, ...) and writes there which one. Thread ownership: the monitor's thread.
/// </summary>
/// <param name="disk">The disk.</param>
/// <param name="around">Its surroundings.</param>
internal sealed class DiskScript(DiskConfig disk, DeviceSurroundings around)
{
    private readonly HotplugScript _script = HotplugScript.ForDisk(PathOf(disk, string.Empty), around.Address);
    private HotplugRun? _run;

    /// <summary>The path of a disk's script as it is written into the store, a usual one if the disk names none.</summary>
    public static string PathOf(DiskConfig disk, string usual) => Path.Combine(HotplugScript.Directory, disk.Script is { Length: > 0 } script ? script : usual);

    /// <summary>Why it cannot be run; null if it can. Nothing is done yet.</summary>
    public string? Missing() => File.Exists(_script.Path)
        ? null
        : $"{DiskTrouble.Begin(disk)}its prefix or script= asks for the hotplug script {_script.Path}, which does not exist. Install what brings it, or check `script'. For a network block device no script is needed: write the target as nbd://HOST/EXPORT.";

    /// <summary>Runs it; the disk's nodes stand. Calls back once with the path of the device it made, or with what went wrong.</summary>
    public void Run(Action<string?, string?> done)
    {
        _run = new(around, _script);
        _run.Do(error =>
        {
            var device = error is null ? Device() : null;
            done(device, device is null ? $"{DiskTrouble.Begin(disk)}{error ?? Nothing()}. Mend that, or check `script' and `target'." : null);
        });
    }

    /// <summary>Lets it remove what it made; its device is closed. Does nothing if it never ran.</summary>
    public void Undo(Action done)
    {
        if (_run is not { } run)
        {
            done();
            return;
        }

        _run = null;
        run.Undo(done);
    }

    private string? Device() => Read("physical-device-path") is { Length: > 0 } path ? path : ByNumber(Read("physical-device"));

    private string Nothing() =>
        $"the hotplug script {_script.Path} told of no device: neither physical-device-path nor physical-device is in {around.Address.Backend}";

    /// <summary>Older scripts write only numbers, as hexadecimal major:minor, which the kernel has as a link in /dev/block or in sysfs.</summary>
    private static string? ByNumber(string? numbers)
    {
        if (numbers?.Split(':') is not [var left, var right]
            || !uint.TryParse(left, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var major)
            || !uint.TryParse(right, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var minor))
        {
            return null;
        }

        var name = Directory.ResolveLinkTarget(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{major}:{minor}"), returnFinalTarget: false)?.Name;
        return name is null ? null : Path.Combine("/dev", name);
    }

    private string? Read(string name) => around.Store.Do(s => s.Read($"{around.Address.Backend}/{name}"));
}
