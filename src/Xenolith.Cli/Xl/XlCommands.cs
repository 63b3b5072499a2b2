using System.Collections.Immutable;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Doctor;
using Xenolith.Cli.Xl.Top;

namespace Xenolith.Cli.Xl;

/// <summary>The table of xl's commands: everything xl(1) has, in its order, and ours at the end.</summary>
public static class XlCommands
{
    private static readonly string[] Order =
    [
        "create", "config-update", "list", "destroy", "shutdown", "reboot", "pci-attach", "pci-detach", "pci-list", "pci-assignable-add",
        "pci-assignable-remove", "pci-assignable-list", "pause", "unpause", "console", "vncviewer", "save", "migrate", "restore",
        "migrate-receive", "suspend", "resume", "dump-core", "cd-insert", "cd-eject", "mem-max", "mem-set", "button-press", "vcpu-list",
        "vcpu-pin", "vcpu-set", "vm-list", "info", "sharing", "sched-credit", "sched-credit2", "sched-rtds", "domid", "domname", "rename",
        "trigger", "sysrq", "debug-keys", "set-parameters", "dmesg", "top", "network-attach", "network-list", "network-detach",
        "channel-list", "block-attach", "block-list", "block-detach", "vtpm-attach", "vtpm-list", "vtpm-detach", "vkb-attach", "vkb-list",
        "vkb-detach", "vdispl-attach", "vdispl-list", "vdispl-detach", "vsnd-attach", "vsnd-list", "vsnd-detach", "uptime", "claims",
        "cpupool-create", "cpupool-list", "cpupool-destroy", "cpupool-rename", "cpupool-cpu-add", "cpupool-cpu-remove", "cpupool-migrate",
        "cpupool-numa-split", "getenforce", "setenforce", "loadpolicy", "remus", "devd", "psr-hwinfo", "psr-cmt-attach", "psr-cmt-detach",
        "psr-cmt-show", "psr-cat-set", "psr-cat-show", "psr-mba-set", "psr-mba-show", "usbctrl-attach", "usbctrl-detach", "usbdev-attach",
        "usbdev-detach", "usb-list", "qemu-monitor-command", "dt-overlay", "xenstore-quota-get", "xenstore-quota-set", "config", "inspect", "doctor",
    ];

    /// <summary>The program <c>xl</c>.</summary>
    public static CommandSet Set { get; } = new("xl", Table());

    private static ImmutableArray<Command> Table()
    {
        var built = new Command[]
        {
            CreateCommand.Command, ListCommands.List, LifeCommands.Destroy, ShutdownCommands.Shutdown, ShutdownCommands.Reboot,
            LifeCommands.Pause, LifeCommands.Unpause, LifeCommands.Console, ListCommands.VcpuList, ListCommands.VmList, HostCommands.Info,
            ListCommands.Domid, ListCommands.Domname, LifeCommands.Rename, LifeCommands.DumpCore, LifeCommands.Sysrq, ListCommands.Inspect, HostCommands.Dmesg, ListCommands.Uptime, ListCommands.Claims,
            HostCommands.CpupoolList, HostCommands.Getenforce, ConfigCommand.Command,
            TopCommand.Command, DoctorCommand.Command, ChannelCommand.List, StoreCommands.QuotaGet, StoreCommands.QuotaSet,
            DiskCommands.Attach, DiskCommands.List, DiskCommands.Detach, DiskCommands.Insert, DiskCommands.Eject,
            NetworkCommands.Attach, NetworkCommands.List, NetworkCommands.Detach,
            MemoryCommands.MemMax, MemoryCommands.MemSet, MemoryCommands.Sharing, VcpuCommands.VcpuPin, VcpuCommands.VcpuSet, SchedulerCommands.Credit, SchedulerCommands.Credit2,
            ControlCommands.Trigger, ControlCommands.ButtonPress, ControlCommands.DebugKeys, ControlCommands.ConfigUpdate,
        }.ToDictionary(command => command.Name, StringComparer.Ordinal);
        return [.. Order.Select(name => built.GetValueOrDefault(name) ?? AbsentCommands.Get(name))];
    }
}
