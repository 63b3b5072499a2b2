using System.Collections.Immutable;
using static Xenolith.Config.Keys.KeyType;

namespace Xenolith.Config.Keys;

/// <summary>Keys that mean something to HVM and PVH guests only; files for PV guests often carry some, and real xl ignores them there.</summary>
internal static class HvmKeys
{
    private const string NoHvm = "HVM and PVH guests are not built yet";

    public static readonly KeySection Platform = new("HVM and PVH: platform", Section(
    [
        ("boot", Text, "cd", "boot order: c disk, d CD, n network"),
        ("hdtype", Text, "ide", "disk controller: ide or ahci"),
        ("hap", Flag, "1", "nested page tables"),
        ("oos", Flag, "1", "out-of-sync shadow page tables"),
        ("bios", Text, "seabios", "rombios, seabios or ovmf"),
        ("bios_path_override", Text, "none", "another firmware file"),
        ("firmware_override", Text, "none", "another hvmloader"),
        ("loader", Text, "none", "another hvmloader (older)"),
        ("pae", Flag, "1", "PAE"),
        ("acpi", Flag, "1", "ACPI tables"),
        ("acpi_s3", Flag, "1", "suspend to RAM"),
        ("acpi_s4", Flag, "1", "suspend to disk"),
        ("acpi_laptop_slate", Flag, "0", "laptop and slate switch"),
        ("apic", Flag, "1", "local and I/O APIC"),
        ("nx", Flag, "1", "no-execute pages"),
        ("hpet", Flag, "1", "HPET"),
        ("altp2m", Text, "disabled", "alternate page tables: disabled, mixed, external, limited"),
        ("altp2mhvm", Flag, "0", "older way to say altp2m"),
        ("altp2m_count", Number, "10", "how many alternate page tables"),
        ("nestedhvm", Flag, "0", "virtualisation inside the guest"),
        ("acpi_firmware", Text, "none", "more ACPI tables"),
        ("smbios_firmware", Text, "none", "SMBIOS tables"),
        ("smbios", TextList, "none", "SMBIOS strings"),
        ("ms_vm_genid", Text, "none", "generation id: generate or none"),
        ("vpt_align", Flag, "1", "aligns virtual timers"),
        ("mmio_hole", Number, "computed", "hole below 4 GiB, MiB"),
        ("xen_platform_pci", Flag, "1", "the Xen platform device"),
        ("xen_platform_pci_bar_uc", Flag, "1", "its memory is uncached"),
        ("viridian", TextOrList, "0", "interfaces of Hyper-V"),
        ("hvm_pirq", Flag, "0", "physical interrupts over event channels"),
        ("pvshim", Flag, "0", "runs a PV kernel inside a PVH shim"),
        ("pvshim_path", Text, "xen's", "the shim's image"),
        ("pvshim_cmdline", Text, "xen's", "the shim's command line"),
        ("pvshim_extra", Text, "none", "added to that"),
        ("gfx_passthru", Text, "0", "passes a graphics card"),
    ]));

    public static readonly KeySection Peripherals = new("HVM: emulated peripherals", Section(
    [
        ("videoram", Number, "8", "video memory, MiB"),
        ("stdvga", Flag, "0", "a standard VGA card"),
        ("vga", Text, "cirrus", "stdvga, cirrus, qxl or none"),
        ("nographic", Flag, "0", "no graphics card"),
        ("serial", TextOrList, "none", "serial ports"),
        ("parallel", Text, "none", "parallel port"),
        ("monitor", Flag, "0", "QEMU's monitor"),
        ("soundhw", Text, "none", "sound card"),
        ("vkb_device", Flag, "1", "PV keyboard beside PS/2"),
        ("usb", Flag, "0", "emulated USB"),
        ("usbversion", Number, "none", "USB controller version"),
        ("usbdevice", TextOrList, "none", "emulated USB devices"),
        ("vendor_device", Text, "none", "xenserver or none"),
        ("spice", Flag, "0", "display over SPICE"),
        ("spicehost", Text, "any", "address"),
        ("spiceport", Number, "none", "port"),
        ("spicetls_port", Number, "none", "TLS port"),
        ("spicedisable_ticketing", Flag, "0", "no password"),
        ("spicepasswd", Text, "none", "password"),
        ("spiceagent_mouse", Flag, "1", "agent's mouse"),
        ("spicevdagent", Flag, "0", "the agent"),
        ("spice_clipboard_sharing", Flag, "0", "shared clipboard"),
        ("spiceusbredirection", Number, "0", "redirected USB channels"),
        ("spice_image_compression", Text, "auto_glz", "image compression"),
        ("spice_streaming_video", Text, "filter", "video streaming"),
    ]));

    private static ImmutableArray<ConfigKey> Section((string Name, KeyType Type, string Default, string Meaning)[] rows) =>
        [.. rows.Select(r => ConfigKey.NoEffect(r.Name, r.Type, r.Default, r.Meaning, NoHvm, GuestTypes.Hvm | GuestTypes.Pvh))];
}
