using System.Globalization;

namespace Xenolith.Cli.Xl.Top;

/// <summary>A column of <c>xl top</c>.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Width">Its width; long numbers widen it.</param>
/// <param name="Text">A domain's text in it.</param>
/// <param name="Order">How domains are sorted by it.</param>
internal sealed record TopColumn(string Heading, int Width, Func<TopDomain, string> Text, Comparison<TopDomain> Order);

/// <summary>The columns of xentop, in its order. The busiest come first where a number is sorted by.</summary>
internal static class TopColumns
{
    /// <summary>Widest name unless full names are asked for.</summary>
    public const int NameWidth = 10;

    public static readonly TopColumn[] All =
    [
        new("NAME", NameWidth, domain => domain.Summary.Name, (a, b) => string.Compare(a.Summary.Name, b.Summary.Name, StringComparison.OrdinalIgnoreCase)),
        new("STATE", 6, domain => domain.State, ByState),
        Number("CPU(sec)", 10, domain => domain.Summary.CpuNanoseconds / 1_000_000_000, domain => domain.Summary.CpuNanoseconds),
        Share("CPU(%)", 6, domain => domain.Percent),
        Number("MEM(k)", 10, domain => domain.Summary.MemoryKib),
        Share("MEM(%)", 6, domain => Percent(domain.Summary.MemoryKib, domain)),
        Number("MAXMEM(k)", 10, domain => domain.Summary.MaximumKib),
        Share("MAXMEM(%)", 9, domain => Percent(domain.Summary.MaximumKib, domain)),
        Number("VCPUS", 5, domain => domain.Summary.Vcpus),
        Number("NETS", 4, domain => domain.Nets),
        Number("NETTX(k)", 8, domain => domain.BytesSent / 1024),
        Number("NETRX(k)", 8, domain => domain.BytesReceived / 1024),
        Number("VBDS", 4, domain => domain.Vbds),
        Vbd("VBD_OO", 8, vbd => vbd.OutOfRequests),
        Vbd("VBD_RD", 8, vbd => vbd.Reads),
        Vbd("VBD_WR", 8, vbd => vbd.Writes),
        Vbd("VBD_RSECT", 10, vbd => vbd.SectorsRead),
        Vbd("VBD_WSECT", 10, vbd => vbd.SectorsWritten),
        Number("SSID", 4, _ => 0),
    ];

    private static TopColumn Number(string heading, int width, Func<TopDomain, long> value, Func<TopDomain, long>? order = null) =>
        new(heading, width, domain => value(domain).ToString(CultureInfo.InvariantCulture), (a, b) => (order ?? value)(b).CompareTo((order ?? value)(a)));

    private static TopColumn Share(string heading, int width, Func<TopDomain, double> value) =>
        new(heading, width, domain => value(domain).ToString("F1", CultureInfo.InvariantCulture), (a, b) => value(b).CompareTo(value(a)));

    private static TopColumn Vbd(string heading, int width, Func<VbdStatistics, long> value) =>
        new(heading, width, domain => domain.OfVbds(value)?.ToString(CultureInfo.InvariantCulture) ?? "-",
            (a, b) => (b.OfVbds(value) ?? 0).CompareTo(a.OfVbds(value) ?? 0));

    private static double Percent(long kib, TopDomain domain) => domain.TotalKib == 0 ? 0 : kib * 100.0 / domain.TotalKib;

    // The first letter that only one of them has decides.
    private static int ByState(TopDomain a, TopDomain b)
    {
        var (x, y) = (a.State, b.State);
        for (var i = 0; i < x.Length; i++)
        {
            if (x[i] != y[i])
                return x[i] == '-' ? 1 : -1;
        }

        return 0;
    }
}
