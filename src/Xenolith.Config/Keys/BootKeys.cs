using static Xenolith.Config.Keys.ConfigKey;
using static Xenolith.Config.Keys.KeyType;

namespace Xenolith.Config.Keys;

/// <summary>What a domain boots, and keys about its time and its standing on the host.</summary>
internal static class BootKeys
{
    public static readonly KeySection Boot = new("What it boots",
    [
        Works("kernel", Text, "none", "the kernel image"),
        Works("ramdisk", Text, "none", "the initial ram disk"),
        Works("cmdline", Text, "empty", "the kernel's command line; root and extra are then ignored"),
        Works("root", Text, "none", "put before extra as root=..."),
        Works("extra", Text, "none", "appended to the command line"),
        Works("bootloader", Text, "none", "pygrub, with or without a path: the kernel is found on the guest's first disk, as its own boot menu says; our own reader, no program is run"),
        Works("bootloader_args", TextOrList, "none", "--kernel=, --ramdisk=, --args=, --entry=, --offset= of pygrub; -q is always the case"),
        NoEffect("bootloader_restrict", Flag, "0", "runs the boot loader with few rights", "it always runs so"),
        Works("bootloader_user", Text, "nobody", "the user the boot loader runs as when root starts the domain"),
        Works("firmware", Text, "none", "pvgrub64: GRUB (Debian's package grub-xen-host) runs in the guest, in place of kernel, and finds the guest's kernel on its disks"),
        NoEffect("e820_host", Flag, "0", "shows the host's memory map to the guest", "it serves PCI pass-through only", GuestTypes.Pv),
        NoEffect("xend_suspend_evtchn_compat", Flag, "0", "a port name of xend's days in the store", "migration is not built yet", GuestTypes.Pv),
    ]);

    public static readonly KeySection Time = new("Time",
    [
        NoEffect("tsc_mode", Text, "default", "how rdtsc behaves: default, always_emulate, native, native_paravirt", "guests read the host's TSC"),
        Works("localtime", Flag, "0", "the wall clock shows local time"),
        Works("rtc_timeoffset", Number, "0", "seconds added to the wall clock"),
        new("timer_mode", Text, GuestTypes.Pvh | GuestTypes.Hvm, "one_missed_tick_pending", "what becomes of missed timer ticks",
            KeyState.Refused, "it is for HVM and PVH guests only, as in real xl"),
    ]);

    public static readonly KeySection Host = new("Host resources and the store",
    [
        Works("max_event_channels", Number, "1023", "most event channels"),
        NoEffect("xenstore_feature_mask", Number, "all", "store features offered", "all are offered"),
        NoEffect("xenstore_quota", TextList, "host's", "store quotas of this domain", "the host's quotas hold"),
        NoEffect("passthrough", Text, "disabled", "how devices are passed through", "there is no device pass-through"),
        NoEffect("vmtrace_buf_kb", Number, "0", "processor trace buffer", "there is no processor trace"),
        NoEffect("vpmu", Flag, "0", "virtual performance counters", "there are none"),
        Refused("ioports", TextList, "none", "I/O ports given to the guest", "hardware is not passed through"),
        Refused("iomem", TextList, "none", "I/O memory given to the guest", "hardware is not passed through"),
        Refused("irqs", TextList, "none", "interrupts given to the guest", "hardware is not passed through"),
        NoEffect("msr_relaxed", Flag, "0", "reads of unknown MSRs give 0", "the engine's own list of MSRs holds"),
        NoEffect("mca_caps", TextList, "none", "machine check abilities", "only HVM guests have them", GuestTypes.Hvm),
    ]);
}
