using System.Globalization;
using System.Text;

namespace Xenolith.Cli.Xl.Top;

/// <summary>Lays out a sample as xentop does, byte by byte: its batch form is read by scripts.</summary>
internal static class TopTable
{
    private const int VcpusOnLine = 5;

    /// <summary>The table: headings, domains, and the lines that were asked for.</summary>
    public static string Text(TopSample sample, TopView view)
    {
        var domains = view.Ordered(sample.Domains);
        var shown = domains.Skip(Math.Clamp(view.Skip, 0, Math.Max(0, domains.Count - 1))).ToList();
        var widths = Array.ConvertAll(TopColumns.All, column => column.Width);
        for (var i = 0; i < widths.Length; i++)
        {
            if (i > 0 || view.FullNames)
                widths[i] = Math.Max(widths[i], shown.Select(domain => TopColumns.All[i].Text(domain).Length).DefaultIfEmpty().Max());
        }

        var text = new StringBuilder();
        for (var row = 0; row < shown.Count; row++)
        {
            if (row == 0 || view.RepeatHeading)
                Row(text, TopColumns.All.Select(column => column.Heading), widths);
            Row(text, TopColumns.All.Select(column => column.Text(shown[row])), widths);
            if (view.Vcpus)
                Vcpus(text, shown[row]);
            if (view.Networks)
                Networks(text, shown[row]);
            if (view.Vbds)
                Vbds(text, shown[row]);
        }

        return text.ToString();
    }

    /// <summary>The lines above the table of the live form.</summary>
    public static string Summary(TopSample sample, DateTime now)
    {
        // Each domain counts once, under the first of these that it has.
        var letters = sample.Domains.Select(domain => "rbpscd".FirstOrDefault(letter => domain.State.Contains(letter))).ToList();
        int Count(char letter) => letters.Count(first => first == letter);
        var mhz = double.TryParse(sample.Facts.GetValueOrDefault("cpu_mhz"), CultureInfo.InvariantCulture, out var value) ? (long)value : 0;
        return string.Create(CultureInfo.InvariantCulture,
            $"xentop - {now:HH:mm:ss}   Xen {sample.Facts.GetValueOrDefault("xen_version")}\n"
            + $"{letters.Count} domains: {Count('r')} running, {Count('b')} blocked, {Count('p')} paused, {Count('c')} crashed, {Count('d')} dying, {Count('s')} shutdown \n"
            + $"Mem: {sample.TotalKib}k total, {sample.TotalKib - sample.FreeKib}k used, {sample.FreeKib}k free    "
            + $"CPUs: {sample.Facts.GetValueOrDefault("nr_cpus")} @ {mhz}MHz\n");
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells, int[] widths)
    {
        var column = 0;
        foreach (var cell in cells)
        {
            if (column > 0)
                text.Append(' ');
            text.Append((cell.Length > widths[column] ? cell[..widths[column]] : cell).PadLeft(widths[column]));
            column++;
        }

        text.Append('\n');
    }

    private static void Vcpus(StringBuilder text, TopDomain domain)
    {
        text.Append("VCPUs(sec): ");
        foreach (var vcpu in domain.Vcpus.Where(vcpu => vcpu.Online))
        {
            if (vcpu.Number != 0 && vcpu.Number % VcpusOnLine == 0)
                text.Append("\n        ");
            text.Append(CultureInfo.InvariantCulture, $" {vcpu.Number,2}: {vcpu.CpuNanoseconds / 1_000_000_000,10}s");
        }

        text.Append('\n');
    }

    private static void Networks(StringBuilder text, TopDomain domain)
    {
        foreach (var vif in domain.Devices.Vifs)
        {
            text.Append(CultureInfo.InvariantCulture, $"Net{vif.Device} RX: {Shown(vif.Received)}  TX: {Shown(vif.Sent)}\n");
        }

        static string Shown(Traffic traffic) => string.Create(CultureInfo.InvariantCulture,
            $"{traffic.Bytes,8}bytes {traffic.Packets,8}pkts {traffic.Errors,8}err {traffic.Drops,8}drop");
    }

    private static void Vbds(StringBuilder text, TopDomain domain)
    {
        foreach (var vbd in domain.Devices.Vbds)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"VBD BlkBack {vbd.Device,4} [{vbd.Device >> 8,2:x}:{vbd.Device & 0xff,2:x}]  OO: {vbd.OutOfRequests,8}   RD: {vbd.Reads,8}   WR: {vbd.Writes,8}")
                .Append(CultureInfo.InvariantCulture, $"   RSECT: {vbd.SectorsRead,10}   WSECT: {vbd.SectorsWritten,10}\n");
        }
    }
}
