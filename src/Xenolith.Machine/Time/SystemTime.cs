using System.Diagnostics;
using Xenolith.Host;

namespace Xenolith.Machine.Time;

/// <summary>
/// A domain's system time in ns: a fixed linear function of the host's TSC, the very one that its vCPUs' time pages hold. So guest and machine
/// always agree, all vCPUs agree, time never jumps, and XEN_PVCLOCK_TSC_STABLE is true. It starts at the host's CLOCK_MONOTONIC and drifts
/// from it only by the error of the measured frequency. Any thread.
/// <para>
/// Xen renews the time pages about once a second, and old guests wait for that: NetBSD's reads the TSC's frequency after a change, and sleeps by
/// system_time itself. So the pages are renewed with <see cref="LatestStamp"/>: points of the same line at which no fraction of a nanosecond is lost,
/// so that a guest computes the very same times from each.
/// </para>
/// </summary>
public sealed class SystemTime
{
    /// <summary>The factor is a multiple of 2^4 (an error below 4 in 10^9), so every 2^28 scaled ticks, at most 0.27 s, are whole nanoseconds.</summary>
    private const int MultiplierGrain = 4, StampGrain = 32 - MultiplierGrain;

    /// <summary>Makes the clock of a new domain.</summary>
    /// <param name="hertz">Frequency of the TSC.</param>
    public SystemTime(ulong hertz)
    {
        Hertz = hertz;
        (Multiplier, Shift) = Scale(hertz);
        TscAtStart = HostTsc.Now();
        NanosecondsAtStart = (ulong)Stopwatch.GetTimestamp();
    }

    /// <summary>Ticks of the guest's TSC per second.</summary>
    public ulong Hertz { get; }

    /// <summary>tsc_to_system_mul.</summary>
    public uint Multiplier { get; }

    /// <summary>tsc_shift.</summary>
    public sbyte Shift { get; }

    /// <summary>tsc_timestamp.</summary>
    public ulong TscAtStart { get; }

    /// <summary>system_time at <see cref="TscAtStart"/>.</summary>
    public ulong NanosecondsAtStart { get; }

    /// <summary>System time now, in ns.</summary>
    public long Now() => At(HostTsc.Now());

    /// <summary>System time at a value of the counter.</summary>
    public long At(ulong tsc)
    {
        var delta = tsc - TscAtStart;
        delta = Shift < 0 ? delta >> -Shift : delta << Shift;
        return (long)(NanosecondsAtStart + (ulong)(((UInt128)delta * Multiplier) >> 32));
    }

    /// <summary>The latest point of the line, at most 0.27 s ago, that is whole in ticks and in nanoseconds.</summary>
    internal (ulong Tsc, ulong Nanoseconds) LatestStamp() => StampBefore(HostTsc.Now());

    /// <summary>The same for a value of the counter.</summary>
    internal (ulong Tsc, ulong Nanoseconds) StampBefore(ulong tsc)
    {
        var delta = tsc - TscAtStart;
        delta = (Shift < 0 ? delta >> -Shift : delta << Shift) >> StampGrain;
        var ticks = delta << StampGrain;
        return (TscAtStart + (Shift < 0 ? ticks << -Shift : ticks >> Shift), NanosecondsAtStart + (delta * (Multiplier >> MultiplierGrain)));
    }

    /// <summary>A system time as the host's sleeping calls want it: CLOCK_MONOTONIC ns.</summary>
    public long ToHostDeadline(long systemTime)
    {
        if (systemTime == long.MaxValue)
        {
            return long.MaxValue;
        }

        var host = Stopwatch.GetTimestamp();
        var wait = Math.Max(systemTime - Now(), 0);
        return wait > long.MaxValue - host ? long.MaxValue : host + wait;
    }

    /// <summary>The factor and shift that make ns of ticks: 2^31 &lt;= factor, as Xen computes them but for the factor's last bits.</summary>
    internal static (uint Multiplier, sbyte Shift) Scale(ulong hertz)
    {
        sbyte shift = 0;
        while (hertz > 2_000_000_000)
        {
            hertz >>= 1;
            shift--;
        }

        while (hertz <= 1_000_000_000)
        {
            hertz <<= 1;
            shift++;
        }

        return ((uint)((1_000_000_000UL << 32) / hertz) & (uint.MaxValue << MultiplierGrain), shift);
    }
}
