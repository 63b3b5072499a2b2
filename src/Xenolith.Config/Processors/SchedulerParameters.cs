namespace Xenolith.Config.Processors;

/// <summary>What a domain gets when CPU time is short. Null means not said.</summary>
public sealed record SchedulerParameters
{
    /// <summary>Share of CPU time; 256 is usual.</summary>
    public int? Weight { get; init; }

    /// <summary>Most CPU time in percent of one CPU; 0 is no limit.</summary>
    public int? Cap { get; init; }

    /// <summary>Period, microseconds.</summary>
    public int? Period { get; init; }

    /// <summary>Slice, microseconds.</summary>
    public int? Slice { get; init; }

    /// <summary>Latency, microseconds.</summary>
    public int? Latency { get; init; }

    /// <summary>Whether spare time is used.</summary>
    public int? ExtraTime { get; init; }
}
