using Xenolith.Cli.Commands;

namespace Xenolith.Cli.Xl;

/// <summary>Commands of xl(1) that do nothing here, each with the reason it gives.</summary>
internal static class AbsentCommands
{
    private const string NoPci = "PCI devices are not passed through to domains";
    private const string NoUsb = "USB devices are not passed through to domains";
    private const string NoSave = "saving, restoring and migrating domains is not built yet";
    private const string NoBackend = "there is no backend for such devices";
    private const string OnePool = "there is one CPU pool, Pool-0, and it cannot be changed";
    private const string NoFlask = "there is no FLASK security policy";
    private const string NoPsr = "cache monitoring and allocation is left to Linux (resctrl)";

    private static readonly Dictionary<string, Command> Rows = new Command[]
    {
        Row("pci-attach", "<Domain> <PCI_SPEC_STRING>", "Pass a PCI device to a domain", NoPci),
        Row("pci-detach", "<Domain> <PCI_SPEC_STRING>", "Take a PCI device from a domain", NoPci),
        Row("pci-list", "<Domain>", "List PCI devices of a domain", NoPci),
        Row("pci-assignable-add", "[options] <BDF>", "Make a PCI device assignable", NoPci),
        Row("pci-assignable-remove", "[options] <BDF>|NAME", "Make a PCI device not assignable", NoPci),
        Row("pci-assignable-list", "[options]", "List assignable PCI devices", NoPci),
        Row("vncviewer", "[options] <Domain>", "Attach a VNC viewer to a domain", "PV framebuffers are not built yet, so there is no display to view"),
        Row("save", "[options] <Domain> <CheckpointFile> [<ConfigFile>]", "Save a domain's state to a file", NoSave),
        Row("migrate", "[options] <Domain> <host>", "Move a domain to another host", NoSave),
        Row("restore", "[options] [<ConfigFile>] <CheckpointFile>", "Restore a saved domain", NoSave),
        Row("migrate-receive", "", "The other end of migrate", NoSave),
        Row("suspend", "<Domain>", "Suspend a domain to its own memory", NoSave),
        Row("resume", "<Domain>", "Resume a suspended domain", NoSave),
        Row("sched-rtds", "[options]", "Print or set parameters of the rtds scheduler", "Pool-0 schedules by credit2, and Linux does it; use `sched-credit2'"),
        Row("set-parameters", "<Params>", "Set hypervisor parameters", "there are no parameters that can be changed while domains run"),
        Row("vtpm-attach", "<Domain> [uuid=<uuid>] [backend=<Domain>]", "Add a TPM to a domain", NoBackend),
        Row("vtpm-list", "<Domain(s)>", "List TPMs of domains", NoBackend),
        Row("vtpm-detach", "<Domain> <DevId|uuid>", "Remove a TPM from a domain", NoBackend),
        Row("vkb-attach", "<Domain> <vkb-spec-component(s)>...", "Add a keyboard to a domain", NoBackend),
        Row("vkb-list", "<Domain(s)>", "List keyboards of domains", NoBackend),
        Row("vkb-detach", "<Domain> <DevId>", "Remove a keyboard from a domain", NoBackend),
        Row("vdispl-attach", "<Domain> [vdispl-spec-component(s)]", "Add a display to a domain", NoBackend),
        Row("vdispl-list", "<Domain(s)>", "List displays of domains", NoBackend),
        Row("vdispl-detach", "<Domain> <DevId>", "Remove a display from a domain", NoBackend),
        Row("vsnd-attach", "<Domain> <vsnd-spec-component(s)>...", "Add a sound card to a domain", NoBackend),
        Row("vsnd-list", "<Domain(s)>", "List sound cards of domains", NoBackend),
        Row("vsnd-detach", "<Domain> <DevId>", "Remove a sound card from a domain", NoBackend),
        Row("cpupool-create", "[options] [<ConfigFile>] [Variable=value ...]", "Make a CPU pool", OnePool),
        Row("cpupool-destroy", "<CPU Pool>", "Remove a CPU pool", OnePool),
        Row("cpupool-rename", "<CPU Pool> <new name>", "Give a CPU pool another name", OnePool),
        Row("cpupool-cpu-add", "<CPU Pool> <CPU nr>|node:<node nr>", "Add a CPU to a pool", OnePool),
        Row("cpupool-cpu-remove", "<CPU Pool> <CPU nr>|node:<node nr>", "Take a CPU from a pool", OnePool),
        Row("cpupool-migrate", "<Domain> <CPU Pool>", "Move a domain to another pool", OnePool),
        Row("cpupool-numa-split", "", "Make one pool of each NUMA node", OnePool),
        Row("setenforce", "<1|0|Enforcing|Permissive>", "Set whether the FLASK policy is enforced", NoFlask),
        Row("loadpolicy", "<policy file>", "Load a FLASK policy", NoFlask),
        Row("remus", "[options] <Domain> [<host>]", "Keep a running copy of a domain on another host", NoSave),
        Row("devd", "[options]", "Serve devices to other domains", "backends run beside each domain, so nothing is to be started"),
        Row("psr-hwinfo", "[options]", "Print cache monitoring and allocation hardware", NoPsr),
        Row("psr-cmt-attach", "<Domain>", "Monitor a domain's cache use", NoPsr),
        Row("psr-cmt-detach", "<Domain>", "End monitoring a domain's cache use", NoPsr),
        Row("psr-cmt-show", "<PSR-CMT-Type> <Domain>", "Print cache use", NoPsr),
        Row("psr-cat-set", "[options] <Domain> <CBM>", "Set which part of the cache a domain may use", NoPsr),
        Row("psr-cat-show", "[options] <Domain>", "Print which part of the cache domains may use", NoPsr),
        Row("psr-mba-set", "[options] <Domain> <THRTL>", "Throttle a domain's memory bandwidth", NoPsr),
        Row("psr-mba-show", "<Domain>", "Print memory bandwidth throttling", NoPsr),
        Row("usbctrl-attach", "<Domain> [usbctrl-spec-component(s)]", "Add a USB controller to a domain", NoUsb),
        Row("usbctrl-detach", "<Domain> <DevId>", "Remove a USB controller from a domain", NoUsb),
        Row("usbdev-attach", "<Domain> hostbus=<busnum> hostaddr=<devnum>", "Pass a USB device to a domain", NoUsb),
        Row("usbdev-detach", "<Domain> <controller> <port>", "Take a USB device from a domain", NoUsb),
        Row("usb-list", "<Domain>", "List USB controllers and devices of a domain", NoUsb),
        Row("qemu-monitor-command", "<Domain> <Command>", "Send a command to a domain's QEMU", "PV guests have no QEMU"),
        Row("dt-overlay", "<add|remove> <.dtbo>", "Change the device tree", "this is an x86 host"),
    }.ToDictionary(command => command.Name, StringComparer.Ordinal);

    /// <summary>The row called <paramref name="name"/>.</summary>
    public static Command Get(string name) => Rows[name];

    /// <summary>All rows.</summary>
    public static IEnumerable<Command> All => Rows.Values;

    private static Command Row(string name, string synopsis, string summary, string reason) =>
        new(name, synopsis, summary) { Absence = reason };
}
