using System.Collections.Immutable;
using static Xenolith.Config.Keys.KeyType;

namespace Xenolith.Config.Keys;

/// <summary>Keys of ARM hosts, and keys of xm's days that real xl ignores without a word; known so that they are not taken for misspellings.</summary>
internal static class ForeignKeys
{
    public static readonly KeySection Arm = new("ARM hosts", Section(GuestTypes.Arm, "this is an x86 host",
    [
        ("device_tree", Text, "a partial device tree"),
        ("gic_version", Text, "interrupt controller version"),
        ("vuart", Text, "virtual UART"),
        ("sve", Text, "vector length"),
        ("nr_spis", Number, "shared interrupts"),
        ("trap_unmapped_accesses", Flag, "faults on unmapped accesses"),
        ("arm_sci", Text, "system control interface"),
        ("tee", Text, "trusted execution environment"),
    ]));

    public static readonly KeySection Older = new("Older files (xm)", Section(GuestTypes.All, "xl never had it",
    [
        ("nics", Number, "number of interfaces"), ("nic", Number, "number of interfaces"),
        ("ip", Text, "address given to the kernel"), ("netmask", Text, "netmask given to the kernel"),
        ("gateway", Text, "gateway given to the kernel"), ("broadcast", Text, "broadcast address given to the kernel"),
        ("hostname", Text, "host name given to the kernel"), ("dhcp", Text, "kernel configures itself by DHCP"),
        ("interface", Text, "interface the kernel configures"), ("nfs_server", Text, "server of the root file system"),
        ("nfs_root", Text, "path of the root file system"), ("restart", Text, "older way to say on_reboot and on_crash"),
        ("features", Text, "features demanded of the kernel"), ("vncconsole", Flag, "viewer at creation"),
        ("vcpu_avail", Text, "mask of online vCPUs"), ("cpu_cap", Number, "older way to say cap"),
        ("access_control", Text, "security policy"), ("suppress_spurious_page_faults", Flag, "hides some page faults"),
        ("guest_os_type", Text, "kind of guest"), ("vhpt", Number, "Itanium page tables"),
        ("isa", Flag, "ISA bus"), ("fda", Text, "floppy"), ("fdb", Text, "floppy"), ("cdrom", Text, "CD"),
        ("vscsi", TextList, "virtual SCSI"), ("ne2000", Flag, "network card"), ("on_xend_start", Text, "at xend's start"),
        ("on_xend_stop", Text, "at xend's stop"), ("bootargs", Text, "arguments of the boot loader"),
        ("bootentry", Text, "entry of the boot menu"), ("machine_address_size", Number, "width of machine addresses"),
        ("s3_integrity", Flag, "checks over suspend"), ("description", Text, "a note"), ("autopass", Flag, "passes the VNC password"),
        ("maxcpus", Number, "most vCPUs, as EVE writes it beside vcpus"), ("ostype", Text, "kind of guest"), ("os_type", Text, "kind of guest"),
    ]));

    private static ImmutableArray<ConfigKey> Section(GuestTypes guests, string reason, (string Name, KeyType Type, string Meaning)[] rows) =>
        [.. rows.Select(r => ConfigKey.NoEffect(r.Name, r.Type, "none", r.Meaning, reason, guests))];
}
