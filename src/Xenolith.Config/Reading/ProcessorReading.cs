using System.Collections.Immutable;
using Xenolith.Config.Grammar;
using Xenolith.Config.Processors;

namespace Xenolith.Config.Reading;

/// <summary>Reads vCPU counts, affinity and scheduler parameters.</summary>
internal static class ProcessorReading
{
    // The most a vcpu_info in the ABI can number for an HVM guest is 128; PV guests may have 512 in Xen (MAX_VIRT_CPUS is 8192).
    private const int MaxVcpus = 512;

    /// <summary>vCPUs at start and at most, as libxl fills them.</summary>
    public static (int? Vcpus, int? MaxVcpus) Counts(SettingReader reader)
    {
        var vcpus = Count(reader, "vcpus");
        var maxVcpus = Count(reader, "maxvcpus");
        if (vcpus == 0)
        {
            reader.Diagnostics.Warning(reader.PositionOf("vcpus"), "`vcpus' is 0; a domain has at least one, so it gets one");
            vcpus = 1;
        }

        if (maxVcpus == 0)
            maxVcpus = null;
        if (maxVcpus < (vcpus ?? 1))
            reader.Diagnostics.Error(reader.PositionOf("maxvcpus"), $"`maxvcpus' ({maxVcpus}) is less than `vcpus' ({vcpus ?? 1})");
        return (vcpus, maxVcpus ?? vcpus);
    }

    /// <summary>The host CPUs of each vCPU; empty when <paramref name="key"/> is not set.</summary>
    public static ImmutableArray<ImmutableArray<int>> Affinity(SettingReader reader, string key, int maxVcpus, int hostCpus)
    {
        switch (reader.Value(key))
        {
            case CfgAtom all:
                return [.. Enumerable.Repeat(Set(reader, key, all, hostCpus), maxVcpus)];
            case CfgList each:
                return [.. each.Items.OfType<CfgAtom>().Take(maxVcpus).Select(item => Set(reader, key, item, hostCpus))];
            default:
                return [];
        }
    }

    /// <summary>Scheduler parameters as given.</summary>
    public static SchedulerParameters Scheduler(SettingReader reader) => new()
    {
        Weight = reader.Int("cpu_weight", 1, 65535),
        Cap = reader.Int("cap"),
        Period = reader.Int("period"),
        Slice = reader.Int("slice"),
        Latency = reader.Int("latency"),
        ExtraTime = reader.Int("extratime"),
    };

    // Real xl takes any count here and lets the creation fail, with exit code 3.
    private static int? Count(SettingReader reader, string key)
    {
        var count = reader.Int(key);
        if (count > MaxVcpus)
        {
            reader.Diagnostics.Creation(reader.PositionOf(key), $"`{key}' is {count}; a domain can have at most {MaxVcpus} vCPUs");
            count = MaxVcpus;
        }

        return count;
    }

    private static ImmutableArray<int> Set(SettingReader reader, string key, CfgAtom atom, int hostCpus)
    {
        if (CpuSet.TryParse(atom.Text, hostCpus, out var cpus, out var problem))
            return [.. cpus];
        reader.Diagnostics.Error(atom.Position, $"`{key}': {problem}");
        return [];
    }
}
