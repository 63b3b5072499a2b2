using System.Diagnostics;
using Xenolith.Host;

namespace Xenolith.Machine.Time;

/// <summary>
/// Frequency of the host's TSC, measured against CLOCK_MONOTONIC between the first use of this type and the call, over at least
/// <see cref="MinimumNanoseconds"/>. Any thread.
/// </summary>
public static class TscCalibration
{
    private const long MinimumNanoseconds = 20_000_000;
    private static readonly Sample Start = Take();
    private static readonly Lazy<ulong> Measured = new(Measure);

    /// <summary>Ticks per second; measured once.</summary>
    public static ulong Hertz => Measured.Value;

    /// <summary>Starts the measurement, so that a later <see cref="Hertz"/> need not wait.</summary>
    public static void Begin() => _ = Start.Tsc;

    private static ulong Measure()
    {
        var elapsed = Stopwatch.GetTimestamp() - Start.Nanoseconds;
        if (elapsed < MinimumNanoseconds)
        {
            Thread.Sleep((int)((MinimumNanoseconds - elapsed) / 1_000_000) + 1);
        }

        var end = Take();
        return (ulong)((UInt128)(end.Tsc - Start.Tsc) * 1_000_000_000 / (ulong)(end.Nanoseconds - Start.Nanoseconds));
    }

    /// <summary>The best of several readings: the one with the least time between its two counter reads.</summary>
    private static Sample Take()
    {
        var best = default(Sample);
        var bestWidth = ulong.MaxValue;
        for (var i = 0; i < 16; i++)
        {
            var before = HostTsc.Now();
            var time = Stopwatch.GetTimestamp();
            var width = HostTsc.Now() - before;
            if (width < bestWidth)
            {
                bestWidth = width;
                best = new Sample(before + (width / 2), time);
            }
        }

        return best;
    }

    private readonly record struct Sample(ulong Tsc, long Nanoseconds);
}
