using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// What an administrator may set for a host: lines of <c>name = value</c> in the run directory's <c>xenolith.conf</c>, or in
/// <c>/etc/xen/xenolith.conf</c> if that is missing; <c>#</c> begins a comment.
/// </summary>
public sealed record HostSettings
{
    private const int KibPerMib = 1024;

    /// <summary>Name of the settings file.</summary>
    public const string FileName = "xenolith.conf";

    private static readonly (string Name, Func<HostSettings, long, HostSettings> Set)[] Table =
    [
        ("console_log", (s, v) => s with { ConsoleLog = v != 0 }),
        ("console_log_size", (s, v) => s with { ConsoleLogKib = v }),
        ("console_log_count", (s, v) => s with { ConsoleLogCount = (int)v }),
        ("monitor_log_size", (s, v) => s with { MonitorLogKib = v }),
        ("monitor_log_count", (s, v) => s with { MonitorLogCount = (int)v }),
        ("hotplug_timeout", (s, v) => s with { HotplugSeconds = (int)v }),
    ];

    private static readonly (string Name, Func<HostSettings, string, HostSettings> Set)[] Texts =
    [
        ("xen_commandline", (s, v) => s with { Hypervisor = HypervisorOptions.Parse(v, "xen_commandline") }),
        ("dom0_mem", (s, v) => s.WithOption("dom0_mem", v)),
        ("dom0_max_vcpus", (s, v) => s.WithOption("dom0_max_vcpus", v)),
        ("dom0_vcpus_pin", (s, v) => s.WithOption("dom0_vcpus_pin", v)),
        ("vif_default_bridge", (s, v) => s with { DefaultBridge = v == "none" ? string.Empty : v }),
        ("switch_uplinks", (s, v) => s with { SwitchUplinks = [.. v.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)] }),
    ];

    /// <summary>Options of the hypervisor: those of <c>xen_commandline</c> here or of a <see cref="BootConfig"/>, with those named here over them.</summary>
    public HypervisorOptions Hypervisor { get; init; } = new();

    /// <summary>What Domain-0 keeps of a host's memory.</summary>
    public long Domain0Kib(long totalKib)
    {
        var usual = MemoryPromises.DefaultDomain0Kib(totalKib);
        return Hypervisor.Memory?.On(totalKib, usual) ?? usual;
    }

    /// <summary>Keep a log of each domain's console.</summary>
    public bool ConsoleLog { get; init; } = true;

    /// <summary>Size in KiB at which a console log is rotated.</summary>
    public long ConsoleLogKib { get; init; } = 1024;

    /// <summary>Rotated console logs kept of each domain, beside the current one.</summary>
    public int ConsoleLogCount { get; init; } = 3;

    /// <summary>Size in KiB at which an xl-NAME.log is rotated.</summary>
    public long MonitorLogKib { get; init; } = 256;

    /// <summary>Rotated xl-NAME.log files kept of each name, beside the current one.</summary>
    public int MonitorLogCount { get; init; } = 10;

    /// <summary>Seconds that a hotplug script may take.</summary>
    public int HotplugSeconds { get; init; } = 40;

    /// <summary>The bridge of interfaces that name none, if it exists; empty for none (<c>none</c> in the file).</summary>
    public string DefaultBridge { get; init; } = "xenbr0";

    /// <summary>The user-space switches that have a way to the outside (a libslirp uplink).</summary>
    public ImmutableArray<string> SwitchUplinks { get; init; } = [];

    /// <summary>Reads the settings of a run directory.</summary>
    /// <exception cref="ToolstackException">A line cannot be understood.</exception>
    public static HostSettings Load(string runDirectory)
    {
        string[] places = [Path.Combine(runDirectory, FileName), Path.Combine("/etc/xen", FileName)];
        var path = Array.Find(places, File.Exists);
        var start = BootConfig.Load(runDirectory) is { } options ? new HostSettings { Hypervisor = options } : new();
        return path is null ? start : Parse(File.ReadAllText(path, Encoding.UTF8), path, start);
    }

    /// <summary>Reads a settings file's text.</summary>
    internal static HostSettings Parse(string text, string path, HostSettings? start = null)
    {
        var settings = start ?? new HostSettings();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Split('#')[0].Trim();
            if (line.Length == 0)
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? line : line[..equals].Trim();
            if (Array.Find(Texts, r => r.Name == name).Set is { } set)
            {
                settings = equals >= 0
                    ? Set(settings, set, line[(equals + 1)..].Trim().Trim('"', '\''), $"{path}:{number}")
                    : throw new ToolstackException($"{path}:{number}: {name} wants a value, as in: {name} = bridge0");
                continue;
            }

            var row = Array.Find(Table, r => r.Name == name);
            if (row.Set is null)
            {
                throw new ToolstackException($"{path}:{number}: unknown setting \"{name}\". Known are: {string.Join(", ", Table.Select(r => r.Name).Concat(Texts.Select(r => r.Name)))}.");
            }

            if (equals < 0 || !long.TryParse(line[(equals + 1)..].Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > int.MaxValue)
            {
                throw new ToolstackException($"{path}:{number}: {name} wants a whole number, as in: {name} = 1");
            }

            settings = row.Set(settings, value);
        }

        return settings;
    }

    private static HostSettings Set(HostSettings settings, Func<HostSettings, string, HostSettings> set, string value, string place)
    {
        try
        {
            return set(settings, value);
        }
        catch (ToolstackException e)
        {
            throw new ToolstackException($"{place}: {e.Message}", e.ExitCode, e);
        }
    }

    /// <summary>An option named in a line of its own, where a bare amount of memory is MiB; it is shown on the command line too.</summary>
    private HostSettings WithOption(string name, string value)
    {
        var shown = name == "dom0_mem" && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $"{value}M" : value;
        var options = Hypervisor.With(name, value, KibPerMib, "in the settings");
        return this with { Hypervisor = options with { CommandLine = $"{options.CommandLine} {name}={shown}".TrimStart() } };
    }
}
