using static Xenolith.Config.Keys.ConfigKey;
using static Xenolith.Config.Keys.KeyType;

namespace Xenolith.Config.Keys;

/// <summary>Devices of a domain: "Devices" and "Device-Model Options" of xl.cfg(5).</summary>
internal static class DeviceKeys
{
    private const string NoBackend = "this backend is not built yet";
    private const string NoPassThrough = "hardware is not passed through";
    private const string NoDeviceModel = "PV guests have no device model here";

    public static readonly KeySection Devices = new("Devices",
    [
        Works("disk", TextList, "none", "disks, see xl-disk-configuration(5)"),
        Works("vif", TextList, "none", "network interfaces, see xl-network-configuration(5) and docs/networks.md"),
        NoEffect("vfb", TextList, "none", "framebuffer, keyboard and mouse", NoBackend),
        NoEffect("vkb", TextList, "none", "keyboard and pointer", NoBackend),
        NoEffect("channel", TextList, "none", "named byte channels to the host", NoBackend),
        NoEffect("p9", TextList, "none", "host directories shared by 9pfs", NoBackend),
        NoEffect("pvcalls", TextList, "none", "sockets of the host for the guest", NoBackend),
        NoEffect("vtpm", TextList, "none", "virtual TPM", NoBackend),
        NoEffect("vdispl", TextList, "none", "virtual display", NoBackend),
        NoEffect("vsnd", NestedList, "none", "virtual sound card", NoBackend),
        NoEffect("virtio", TextList, "none", "virtio devices", "they are for ARM guests"),
        NoEffect("vif2", TextList, "none", "netchannel2 interfaces", "real xl does not support them either"),
        Refused("pci", TextList, "none", "PCI devices passed through", NoPassThrough),
        NoEffect("pci_permissive", Flag, "0", "default of each device's permissive", NoPassThrough),
        NoEffect("pci_msitranslate", Flag, "0", "default of each device's msitranslate", NoPassThrough),
        NoEffect("pci_seize", Flag, "0", "default of each device's seize", NoPassThrough),
        NoEffect("pci_power_mgmt", Flag, "0", "default of each device's power_mgmt", NoPassThrough),
        NoEffect("rdm", Text, "none", "reserved device memory", NoPassThrough),
        NoEffect("rdm_mem_boundary", Number, "2048", "where reserved device memory is looked for, MiB", NoPassThrough, GuestTypes.Hvm),
        Refused("dtdev", TextList, "none", "device tree nodes passed through", NoPassThrough),
        Refused("usbctrl", TextList, "none", "virtual USB controllers", NoBackend),
        Refused("usbdev", TextList, "none", "USB devices passed through", NoBackend),
    ]);

    public static readonly KeySection DeviceModel = new("Device model",
    [
        NoEffect("device_model", Text, "none", "xm's path of the device model", "real xl ignores it too"),
        NoEffect("device_model_version", Text, "qemu-xen", "which device model", NoDeviceModel),
        NoEffect("device_model_override", Text, "none", "another device model program", NoDeviceModel),
        NoEffect("device_model_args", TextList, "none", "more arguments for it", NoDeviceModel),
        NoEffect("device_model_args_pv", TextList, "none", "more arguments for PV guests", NoDeviceModel),
        NoEffect("device_model_args_hvm", TextList, "none", "more arguments for HVM guests", NoDeviceModel),
        NoEffect("device_model_stubdomain_override", Flag, "0", "runs it in a domain of its own", NoDeviceModel),
        NoEffect("device_model_stubdomain_seclabel", Text, "none", "the FLASK label of that domain", NoDeviceModel),
        NoEffect("device_model_user", Text, "none", "the user it runs as", NoDeviceModel),
        NoEffect("dm_restrict", Flag, "0", "takes rights from it", NoDeviceModel),
        NoEffect("stubdomain_kernel", Text, "none", "kernel of its domain", NoDeviceModel),
        NoEffect("stubdomain_cmdline", Text, "none", "command line of its domain", NoDeviceModel),
        NoEffect("stubdomain_ramdisk", Text, "none", "ram disk of its domain", NoDeviceModel),
        NoEffect("stubdomain_memory", Number, "none", "memory of its domain, MiB", NoDeviceModel),
    ]);

    public static readonly KeySection Display = new("Display of the first framebuffer",
    [
        NoEffect("vnc", Flag, "0", "shows the display over VNC", NoBackend),
        NoEffect("vnclisten", Text, "127.0.0.1", "address, and display after a colon", NoBackend),
        NoEffect("vncdisplay", Number, "the domid", "display number", NoBackend),
        NoEffect("vncunused", Flag, "1", "looks for a free display", NoBackend),
        NoEffect("vncpasswd", Text, "none", "password", NoBackend),
        NoEffect("vncviewer", Number, "0", "xm's way to start a viewer", "use `xl create -V', as in real xl"),
        NoEffect("sdl", Flag, "0", "shows the display in a window", NoBackend),
        NoEffect("opengl", Flag, "0", "uses OpenGL in that window", NoBackend),
        NoEffect("display", Text, "none", "X display of the window", NoBackend),
        NoEffect("xauthority", Text, "none", "X authority file", NoBackend),
        NoEffect("keymap", Text, "en-us", "keyboard layout", NoBackend),
    ]);
}
