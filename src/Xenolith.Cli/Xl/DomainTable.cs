using System.Globalization;
using System.Text;
using Xenolith.Cli.Domains;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>Lays out xl's tables of domains exactly as real xl does.</summary>
internal static class DomainTable
{
    /// <summary>The security label of every domain: there is no policy.</summary>
    private const string NoLabel = "-";

    /// <summary><c>xl list</c> and <c>xl claims</c>.</summary>
    public static string List(IEnumerable<DomainSummary> domains, ListColumns columns)
    {
        var text = new StringBuilder("Name                                        ID   Mem VCPUs\tState\tTime(s)");
        if (columns.HasFlag(ListColumns.Verbose))
            text.Append("   UUID                            Reason-Code\tSecurity Label");
        else if (columns.HasFlag(ListColumns.Context))
            text.Append("   Security Label");
        if (columns.HasFlag(ListColumns.Claim))
            text.Append("  Claimed");
        if (columns.HasFlag(ListColumns.Pool))
            text.Append("         Cpupool");
        if (columns.HasFlag(ListColumns.Numa))
            text.Append(" NODE Affinity");
        text.Append('\n');
        foreach (var domain in domains)
            Row(text, domain, columns);
        return text.ToString();
    }

    /// <summary><c>xl vcpu-list</c>'s heading.</summary>
    public const string VcpuHeading = "Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)\n";

    /// <summary><c>xl vcpu-list</c>'s rows of one domain.</summary>
    public static string Vcpus(DomainSummary domain, IReadOnlyList<VcpuRow> vcpus)
    {
        var text = new StringBuilder();
        foreach (var vcpu in vcpus)
        {
            text.Append(CultureInfo.InvariantCulture, $"{domain.Name,-32} {domain.Domid,5} {vcpu.Number,5}");
            if (!vcpu.Online)
                text.Append("    -   --p ");
            else
                text.Append(CultureInfo.InvariantCulture, $"{vcpu.Cpu,5}   {(vcpu.Running ? 'r' : '-')}{(vcpu.Running || domain.Paused || domain.ShutdownReason is not null ? '-' : 'b')}- ");
            text.Append(CultureInfo.InvariantCulture, $"{Seconds(vcpu.CpuNanoseconds),9:F1}  {vcpu.Affinity} / {vcpu.SoftAffinity}\n");
        }

        return text.ToString();
    }

    /// <summary><c>xl vm-list</c>.</summary>
    public static string Vms(IEnumerable<DomainSummary> domains)
    {
        var text = new StringBuilder("UUID                                  ID    name\n");
        foreach (var domain in domains)
            text.Append(CultureInfo.InvariantCulture, $"{domain.Uuid:D}  {domain.Domid}    {domain.Name,-30}\n");
        return text.ToString();
    }

    private static void Row(StringBuilder text, DomainSummary domain, ListColumns columns)
    {
        text.Append(CultureInfo.InvariantCulture,
            $"{domain.Name,-40} {domain.Domid,5} {domain.MemoryKib / 1024,5} {domain.Vcpus,5}     {StateLetters.Of(domain)}  {Seconds(domain.CpuNanoseconds),8:F1}");
        if (columns.HasFlag(ListColumns.Verbose))
        {
            var reason = domain.ShutdownReason?.ToString("x", CultureInfo.InvariantCulture) ?? "-";
            text.Append(CultureInfo.InvariantCulture, $" {domain.Uuid:D} {reason,8}");
        }

        if (columns.HasFlag(ListColumns.Claim))
            text.Append(CultureInfo.InvariantCulture, $" {0,5}");
        if (columns.HasFlag(ListColumns.Verbose) || columns.HasFlag(ListColumns.Context))
            text.Append(CultureInfo.InvariantCulture, $" {NoLabel,16}");
        if (columns.HasFlag(ListColumns.Pool))
            text.Append(CultureInfo.InvariantCulture, $"{HostPool.Name,16}");
        if (columns.HasFlag(ListColumns.Numa))
            text.Append(" all");
        text.Append('\n');
    }

    private static double Seconds(long nanoseconds) => nanoseconds / 1e9;
}

/// <summary>Columns of <c>xl list</c> beyond the usual ones.</summary>
[Flags]
internal enum ListColumns
{
    /// <summary>None.</summary>
    Usual = 0,

    /// <summary>UUID, reason of a shutdown and label (<c>-v</c>).</summary>
    Verbose = 1,

    /// <summary>Label (<c>-Z</c>).</summary>
    Context = 2,

    /// <summary>Pool (<c>-c</c>).</summary>
    Pool = 4,

    /// <summary>Nodes (<c>-n</c>).</summary>
    Numa = 8,

    /// <summary>Claimed memory (<c>xl claims</c>).</summary>
    Claim = 16,
}
