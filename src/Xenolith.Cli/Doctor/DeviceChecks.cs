using System.Globalization;

namespace Xenolith.Cli.Doctor;

/// <summary>Checks of what disks and networks of domains can use.</summary>
internal static class DeviceChecks
{
    // linux/capability.h.
    private const int NetAdmin = 12;

    /// <summary>In the order in which they are told.</summary>
    public static IReadOnlyList<Func<IHostProbe, Finding>> All { get; } =
        [Tap, Bridges, probe => Program(probe, "passt", "passt", "domains without a bridge reach the network as this user", "a vif without a bridge has no way out"),
         HotplugScripts, probe => Program(probe, "qemu-nbd", "qemu-utils", "disks in qcow2, vhd and other formats", "disks must be raw"),
         probe => Program(probe, "nbdkit", "nbdkit", "disks over ssh, https and other plug-ins", "remote disks need qemu-nbd"), UserNamespaces];

    private static Finding Tap(IHostProbe probe)
    {
        if (!probe.CanOpen("/dev/net/tun", out var why))
            return new("TAP", Health.Off, $"/dev/net/tun: {why}; a vif with bridge= uses the user-space switch instead of a host bridge", "modprobe tun, and give this user /dev/net/tun");
        return Has(probe, NetAdmin)
            ? new("TAP", Health.Good, "interfaces can be made and put into bridges")
            : new("TAP", Health.Off, "without CAP_NET_ADMIN interfaces cannot be made; a vif with bridge= uses the user-space switch", "run as root, or set up a persistent TAP for this user");
    }

    private static Finding Bridges(IHostProbe probe)
    {
        var bridges = probe.Names("/sys/class/net").Where(name => probe.Names($"/sys/class/net/{name}").Contains("bridge")).ToList();
        return bridges.Count > 0
            ? new("bridges", Health.Good, string.Join(", ", bridges))
            : new("bridges", Health.Off, "the host has none; bridge=NAME means the user-space switch of that name", "ip link add xenbr0 type bridge, where domains shall be on the host's network");
    }

    private static Finding HotplugScripts(IHostProbe probe)
    {
        var scripts = probe.Names("/etc/xen/scripts").Where(name => name.StartsWith("vif-", StringComparison.Ordinal) || name.StartsWith("block-", StringComparison.Ordinal)).ToList();
        return scripts.Count > 0
            ? new("hotplug scripts", Health.Good, $"{scripts.Count} in /etc/xen/scripts")
            : new("hotplug scripts", Health.Off, "none in /etc/xen/scripts; script= needs a path, and bridges are joined without one", "apt-get install xen-utils-common, for Xen's own");
    }

    private static Finding UserNamespaces(IHostProbe probe)
    {
        var most = probe.Read("/proc/sys/user/max_user_namespaces")?.Trim();
        var allowed = probe.Read("/proc/sys/kernel/unprivileged_userns_clone")?.Trim();
        return most is null or "0" || allowed == "0"
            ? new("user namespaces", Health.Off, "this user may not make any; helpers run without that sandbox", "sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1")
            : new("user namespaces", Health.Good, "helpers can be shut into their own");
    }

    private static Finding Program(IHostProbe probe, string name, string package, string use, string without) => probe.FindProgram(name) is { } path
        ? new(name, Health.Good, $"{path}: {use}")
        : new(name, Health.Off, $"not installed; {without}", $"apt-get install {package}");

    private static bool Has(IHostProbe probe, int capability)
    {
        var line = probe.Read("/proc/self/status")?.Split('\n').FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
            && (bits >> capability & 1) != 0;
    }
}
