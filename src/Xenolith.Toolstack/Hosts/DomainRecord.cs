using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Toolstack.Hosts;

/// <summary>What a domain's life has come to.</summary>
public enum DomainPhase
{
    /// <summary>Claimed; being put together.</summary>
    Building,

    /// <summary>There, whether it runs or is paused.</summary>
    Alive,

    /// <summary>Shut down and kept (preserve).</summary>
    ShutDown,

    /// <summary>Being removed.</summary>
    Dying,
}

/// <summary>
/// A domain's state file, <c>domains/DOMID/state</c> in the run directory: written by its monitor at each change (as a whole, by rename), read by
/// every xl without starting or asking anybody. Lines of <c>name=value</c>; unknown names are ignored.
/// </summary>
public sealed record DomainRecord
{
    /// <summary>The file's name.</summary>
    public const string FileName = "state";

    private const int MaxBytes = 16 * 1024;

    /// <summary>Domain id, 1 to 32751.</summary>
    public required int Domid { get; init; }

    /// <summary>Name, unique on the host.</summary>
    public required string Name { get; init; }

    /// <summary>UUID; the same over restarts.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>What its life has come to.</summary>
    public DomainPhase Phase { get; init; } = DomainPhase.Building;

    /// <summary>Paused by the toolstack (not by the guest).</summary>
    public bool Paused { get; init; } = true;

    /// <summary>SHUTDOWN_* reason if it has shut down, else -1.</summary>
    public int ShutdownReason { get; init; } = -1;

    /// <summary>Memory target in KiB.</summary>
    public long TargetKib { get; init; }

    /// <summary>Memory it has, in KiB.</summary>
    public long MemoryKib { get; init; }

    /// <summary>Memory beyond which it gets nothing, in KiB (Xen's max_pages).</summary>
    public long LimitKib { get; init; }

    /// <summary>The most its target can be, in KiB (maxmem, memory/static-max).</summary>
    public long MaximumKib { get; init; }

    /// <summary>What the host has promised it: what it may take at any time, or what it still has.</summary>
    public long PromisedKib => Math.Max(LimitKib, MemoryKib);

    /// <summary>How many vCPUs are online.</summary>
    public int OnlineVcpus { get; init; }

    /// <summary>Which vCPUs are online: numbers with commas between them.</summary>
    public string OnlineSet { get; init; } = string.Empty;

    /// <summary>Host CPUs each vCPU may run on, as <see cref="Resources.VcpuPlaces"/> writes it; empty: all.</summary>
    public string HardAffinity { get; init; } = string.Empty;

    /// <summary>Host CPUs each vCPU should run on; empty: all.</summary>
    public string SoftAffinity { get; init; } = string.Empty;

    /// <summary>Share of CPU time; 256 is usual.</summary>
    public int Weight { get; init; } = 256;

    /// <summary>Most CPU time in percent of one CPU; 0 is no limit.</summary>
    public int Cap { get; init; }

    /// <summary>Directory of the cgroup that was made for it; empty: none.</summary>
    public string CpuGroup { get; init; } = string.Empty;

    /// <summary>vCPUs it may have.</summary>
    public int MaximumVcpus { get; init; } = 1;

    /// <summary>Process id of the monitor.</summary>
    public int MonitorPid { get; init; }

    /// <summary>Process id of the domain process, 0 while there is none.</summary>
    public int DomainPid { get; init; }

    /// <summary>Thread ids of its vCPUs, whose CPU time is the domain's.</summary>
    public IReadOnlyList<int> VcpuThreads { get; init; } = [];

    /// <summary>CPU time in nanoseconds at the time of writing; the threads know better while they live.</summary>
    public long CpuNanoseconds { get; init; }

    /// <summary>When it was made, in seconds of the epoch.</summary>
    public long CreatedAt { get; init; }

    /// <summary>The text form.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}={value}\n");
        Line("domid", Domid);
        Line("name", Name);
        Line("uuid", Uuid);
        Line("phase", Phase.ToString());
        Line("paused", Paused ? 1 : 0);
        Line("reason", ShutdownReason);
        Line("target", TargetKib);
        Line("memory", MemoryKib);
        Line("limit", LimitKib);
        Line("maximum", MaximumKib);
        Line("online", OnlineVcpus);
        Line("online-set", OnlineSet);
        Line("hard", HardAffinity);
        Line("soft", SoftAffinity);
        Line("weight", Weight);
        Line("cap", Cap);
        Line("cpu-group", CpuGroup);
        Line("vcpus", MaximumVcpus);
        Line("monitor", MonitorPid);
        Line("process", DomainPid);
        Line("threads", string.Join(',', VcpuThreads));
        Line("cpu", CpuNanoseconds);
        Line("created", CreatedAt);
        return text.ToString();
    }

    /// <summary>Reads the text form; null if it is not one (cut short by a full disk, say).</summary>
    public static DomainRecord? FromText(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                fields[line[..equals]] = line[(equals + 1)..];
            }
        }

        long Number(string name, long absent = 0) =>
            long.TryParse(fields.GetValueOrDefault(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : absent;
        if (!fields.TryGetValue("name", out var domainName) || !fields.ContainsKey("created")
            || !Guid.TryParse(fields.GetValueOrDefault("uuid"), out var uuid) || Number("domid") is not (> 0 and <= DomainIds.Last))
        {
            return null;
        }

        return new()
        {
            Domid = (int)Number("domid"),
            Name = domainName,
            Uuid = uuid,
            Phase = PhaseOf(fields.GetValueOrDefault("phase")),
            Paused = Number("paused") != 0,
            ShutdownReason = (int)Number("reason", -1),
            TargetKib = Number("target"),
            MemoryKib = Number("memory", Number("target")),
            LimitKib = Number("limit", Number("maximum")),
            MaximumKib = Number("maximum"),
            OnlineVcpus = (int)Number("online"),
            OnlineSet = fields.GetValueOrDefault("online-set", string.Empty),
            HardAffinity = fields.GetValueOrDefault("hard", string.Empty),
            SoftAffinity = fields.GetValueOrDefault("soft", string.Empty),
            Weight = (int)Number("weight", 256),
            Cap = (int)Number("cap"),
            CpuGroup = fields.GetValueOrDefault("cpu-group", string.Empty),
            MaximumVcpus = (int)Number("vcpus", 1),
            MonitorPid = (int)Number("monitor"),
            DomainPid = (int)Number("process"),
            VcpuThreads = [.. fields.GetValueOrDefault("threads", string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(t => int.TryParse(t, CultureInfo.InvariantCulture, out var thread) ? thread : 0)],
            CpuNanoseconds = Number("cpu"),
            CreatedAt = Number("created"),
        };
    }

    /// <summary>Writes the file of a domain's directory, as a whole or not at all.</summary>
    public void Write(DirectoryHandle directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        directory.ReplaceFile(FileName, Encoding.UTF8.GetBytes(ToText()));
    }

    /// <summary>Reads the file of a domain's directory; null if there is none or it is damaged.</summary>
    public static DomainRecord? Read(DirectoryHandle directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        using SafeFileHandle? file = directory.TryOpenFile(FileName, create: false, writable: false);
        if (file is null)
        {
            return null;
        }

        Span<byte> buffer = stackalloc byte[MaxBytes];
        var length = 0;
        while (length < buffer.Length && Descriptors.Read(file, buffer[length..]) is > 0 and var count)
        {
            length += count;
        }

        return FromText(Encoding.UTF8.GetString(buffer[..length]));
    }

    private static DomainPhase PhaseOf(string? text) => text switch
    {
        nameof(DomainPhase.Alive) => DomainPhase.Alive,
        nameof(DomainPhase.ShutDown) => DomainPhase.ShutDown,
        nameof(DomainPhase.Dying) => DomainPhase.Dying,
        _ => DomainPhase.Building,
    };
}
