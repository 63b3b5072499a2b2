using System.Globalization;
using Xenolith.Config;

namespace Xenolith.Toolstack.Monitors;

/// <summary>One store node to write.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Value">Value.</param>
/// <param name="Permissions">Owner first, as in <c>n0</c>, <c>r1</c>.</param>
internal readonly record struct StoreNode(string Path, string Value, string[] Permissions);

/// <summary>What the domain's builder made, for its nodes.</summary>
/// <param name="StoreMfn">Machine frame of the store ring.</param>
/// <param name="StorePort">Event channel of the store ring.</param>
/// <param name="ConsoleMfn">Machine frame of the console ring.</param>
/// <param name="ConsolePort">Event channel of the console ring.</param>
internal readonly record struct DomainRings(ulong StoreMfn, uint StorePort, ulong ConsoleMfn, uint ConsolePort);

/// <summary>
/// The store's nodes of a PV domain, exactly those of a Xen host (shared facts: a paused domain's <c>xenstore-ls -f -p</c>), as data.
/// </summary>
internal static class DomainNodes
{
    /// <summary>All nodes of a new domain, parents before children.</summary>
    /// <param name="domid">Domain id.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="rings">What the builder made.</param>
    /// <param name="terminal">The console's pty, for <c>console/tty</c>.</param>
    /// <param name="startTime">Seconds of the epoch.</param>
    public static IReadOnlyList<StoreNode> Of(int domid, DomainConfig config, DomainRings rings, string terminal, double startTime)
    {
        var nodes = new List<StoreNode>();
        var home = $"/local/domain/{domid}";
        var vm = $"/vm/{config.Uuid}";
        var libxl = $"/libxl/{domid}";
        var backend = $"/local/domain/0/backend/console/{domid}/0";
        string[] host = ["n0"], readable = ["n0", $"r{domid}"], guest = [$"n{domid}"], shared = [$"n{domid}", "r0"];
        void Add(string path, string value, string[] permissions) => nodes.Add(new(path, value, permissions));
        static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

        Add(home, string.Empty, readable);
        Add(vm, string.Empty, readable);
        Add(libxl, string.Empty, host);
        Add($"{libxl}/device", string.Empty, host);
        Add($"{libxl}/type", "pv", host);
        Add($"{libxl}/dm-version", "qemu_xen", host);
        Add($"{home}/vm", vm, readable);
        Add($"{home}/name", config.Name, readable);
        Add($"{home}/domid", Number((ulong)domid), readable);
        foreach (var name in (string[])["cpu", "memory", "device", "device/suspend", "control", "store", "console"])
        {
            Add($"{home}/{name}", string.Empty, readable);
        }

        foreach (var name in (string[])[
            "device/suspend/event-channel", "control/shutdown", "control/feature-poweroff", "control/feature-reboot", "control/feature-suspend",
            "control/sysrq", "data", "drivers", "feature", "attr", "error"])
        {
            Add($"{home}/{name}", string.Empty, guest);
        }

        Add($"{home}/control/platform-feature-multiprocessor-suspend", "1", readable);
        Add($"{home}/control/platform-feature-xs_reset_watches", "1", readable);
        Add($"{vm}/name", config.Name, readable);
        Add($"{vm}/uuid", config.Uuid.ToString(), readable);
        Add($"{vm}/start_time", startTime.ToString("0.00", CultureInfo.InvariantCulture), readable);
        Add($"{vm}/image", string.Empty, readable);
        Add($"{vm}/image/ostype", "linux", readable);
        Add($"{vm}/image/kernel", config.Kernel ?? string.Empty, readable);
        if (config.Ramdisk is { } ramdisk)
        {
            Add($"{vm}/image/ramdisk", ramdisk, readable);
        }

        if (config.CommandLine is { } commandLine)
        {
            Add($"{vm}/image/cmdline", commandLine, readable);
        }

        Add($"{home}/memory/static-max", Number((ulong)config.EffectiveMaxMemoryKiB), readable);
        Add($"{home}/memory/target", Number((ulong)config.EffectiveMemoryKiB), readable);
        Add($"{home}/memory/videoram", "0", readable);
        for (var vcpu = 0; vcpu < config.EffectiveMaxVcpus; vcpu++)
        {
            Add($"{home}/cpu/{vcpu}", string.Empty, readable);
            Add($"{home}/cpu/{vcpu}/availability", vcpu < config.EffectiveVcpus ? "online" : "offline", readable);
        }

        Add($"{home}/store/port", Number(rings.StorePort), readable);
        Add($"{home}/store/ring-ref", Number(rings.StoreMfn), readable);

        Add($"{home}/console/backend", backend, readable);
        Add($"{home}/console/backend-id", "0", shared);
        Add($"{home}/console/limit", Number(Consoles.ConsoleHub.HistoryBytes), readable);
        Add($"{home}/console/type", "xenconsoled", readable);
        Add($"{home}/console/output", "pty", readable);
        Add($"{home}/console/tty", terminal, readable);
        Add($"{home}/console/port", Number(rings.ConsolePort), readable);
        Add($"{home}/console/ring-ref", Number(rings.ConsoleMfn), readable);
        Add("/local/domain/0/backend", string.Empty, host);
        Add("/local/domain/0/backend/console", string.Empty, host);
        Add($"/local/domain/0/backend/console/{domid}", string.Empty, host);
        Add($"{libxl}/device/console", string.Empty, host);
        AddConsoleSide(backend, readable);
        AddConsoleSide($"{libxl}/device/console/0", host);
        Add($"{libxl}/device/console/0/backend", backend, host);
        return nodes;

        void AddConsoleSide(string path, string[] permissions)
        {
            Add(path, string.Empty, permissions);
            Add($"{path}/frontend", $"{home}/console", permissions);
            Add($"{path}/frontend-id", Number((ulong)domid), permissions);
            Add($"{path}/online", "1", permissions);
            Add($"{path}/state", "1", permissions);
            Add($"{path}/protocol", "vt100", permissions);
        }
    }

    /// <summary>The roots of what a domain has in the store, to be removed with it; backends are found by listing.</summary>
    public static IReadOnlyList<string> Roots(int domid, Guid uuid) => [$"/local/domain/{domid}", $"/vm/{uuid}", $"/libxl/{domid}"];
}
