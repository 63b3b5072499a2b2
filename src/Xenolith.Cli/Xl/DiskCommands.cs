using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Config.Json;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;

namespace Xenolith.Cli.Xl;

/// <summary>Commands about the disks of domains.</summary>
internal static class DiskCommands
{
    private const string Header = "Vdev  BE  handle state evt-ch ring-ref BE-path                       ";

    /// <summary><c>xl block-attach</c>.</summary>
    public static Command Attach { get; } = new("block-attach", "<Domain> <disk-spec-component(s)>...", "Add a disk to a domain")
    {
        Modifies = true,
        CanDryRun = true,
        Least = 2,
        Notes = "Components are those of disk = [ ... ], as one word or several: format=qcow2 vdev=xvdb access=rw target=/images/data.qcow2. A restarted domain has the disk too.",
        Run = use =>
        {
            var domain = use.Services.Host.Find(use.Arguments[0]);
            if (!DiskSpec.TryParse(use.Arguments.Skip(1), out var disk, out var problem))
                return use.Fail($"{problem}.");
            if (use.Globals.DryRun)
            {
                var json = new YajlWriter();
                LibxlDevices.Disk(json, disk!, LibxlForm.DryRun);
                use.Terminal.Out.Write($"disk: {json}\n");
                return ExitCode.Success;
            }

            foreach (var remark in use.Services.Host.Attach(domain.Domid, new DomainConfig { Name = domain.Name, Uuid = domain.Uuid, Disks = [disk!] }))
                use.Terminal.Error.Line(remark);
            return ExitCode.Success;
        },
    };

    /// <summary><c>xl block-list</c>.</summary>
    public static Command List { get; } = new("block-list", "<Domain(s)>", "List disks of domains")
    {
        Least = 1,
        Run = use =>
        {
            use.Terminal.Out.Line(Header);
            foreach (var name in use.Arguments)
            {
                try
                {
                    var domid = use.Services.Host.Find(name).Domid;
                    foreach (var disk in use.Services.Host.Disks(domid))
                        use.Terminal.Out.Line(Row(domid, disk));
                }
                catch (ToolstackException e)
                {
                    // As real xl: an unknown domain is named, the others are listed, and the exit code is 0.
                    use.Terminal.Error.Line(e.Message);
                }
            }

            return ExitCode.Success;
        },
    };

    /// <summary><c>xl block-detach</c>.</summary>
    public static Command Detach { get; } = new("block-detach", "[option] <Domain> <DevId>", "Remove a disk from a domain")
    {
        Modifies = true,
        Options = [new('f', "force", "Take it away without asking the guest, which loses what it has not written")],
        Least = 2,
        Notes = "Without --force the guest has ten seconds to let go of the disk; else the command fails, and the disk goes when the guest lets go of it.",
        Run = use =>
        {
            var domain = use.Services.Host.Find(use.Arguments[0]);
            var which = use.Arguments[1];
            if (!DeviceName.TryNumber(which, out var number) || !use.Services.Host.Disks(domain.Domid).Any(disk => disk.Id == number))
                return use.Fail($"Device {which} not connected. See the disks of {domain.Name} with: {use.Program} block-list {domain.Name}");
            use.Services.Host.Detach(domain.Domid, "vbd", number, use.Has("force") ? DetachPatience.None : DetachPatience.ThenFail);
            return ExitCode.Success;
        },
    };

    /// <summary><c>xl cd-insert</c>.</summary>
    public static Command Insert { get; } = new("cd-insert", "<Domain> <VirtualDevice> <path>", "Put a medium into a domain's CD drive")
    {
        Modifies = true,
        Least = 3,
        Notes = "A PV guest sees a disk that goes and another that comes. Real xl changes media of HVM guests only.",
        Run = use => Change(use, use.Arguments[2]),
    };

    /// <summary><c>xl cd-eject</c>.</summary>
    public static Command Eject { get; } = new("cd-eject", "<Domain> <VirtualDevice>", "Take the medium out of a domain's CD drive")
    {
        Modifies = true,
        Least = 2,
        Run = use => Change(use, string.Empty),
    };

    private static int Change(Invocation use, string target)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        if (!DiskSpec.TryParse($"vdev={use.Arguments[1]},access=r,devtype=cdrom,target={target}", out var medium, out var problem))
            return use.Fail($"{problem}.");
        if (medium!.Format != DiskFormat.Empty && !File.Exists(target))
            return use.Fail($"Cannot stat file: {target}. Name an image or a device that exists.");
        use.Services.Host.ChangeMedium(domain.Domid, medium);
        return ExitCode.Success;
    }

    private static string Row(int domid, DiskStatus disk) => string.Create(
        CultureInfo.InvariantCulture,
        $"{disk.Id,-5} {0,-3} {domid,-6} {disk.State,-5} {disk.EventChannel,-6} {disk.Ring,-8} {disk.BackendPath,-30}");
}
