using Xenolith.Config;

namespace Xenolith.Toolstack.Resources;

/// <summary>How far a guest's wall clock is from the host's.</summary>
internal static class Wallclock
{
    /// <summary>The configuration with local time told as an offset in seconds: the domain process reads no time zone files.</summary>
    public static DomainConfig Resolved(DomainConfig config) => config.LocalTime != true
        ? config
        : config with { LocalTime = null, RtcTimeOffset = (config.RtcTimeOffset ?? 0) + (long)TimeZoneInfo.Local.GetUtcOffset(DateTimeOffset.UtcNow).TotalSeconds };
}
