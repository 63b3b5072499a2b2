using Xenolith.Cli.Domains;
using Xenolith.Config.Json;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>Xl's tables as JSON (<c>--json</c>, an addition of ours): a list with a map for each row.</summary>
internal static class RowJson
{
    /// <summary>Domains.</summary>
    public static string Domains(IEnumerable<DomainSummary> domains)
    {
        var json = new YajlWriter().OpenList();
        foreach (var domain in domains)
        {
            json.OpenMap()
                .Member("domid", domain.Domid)
                .Member("name", domain.Name)
                .Member("uuid", domain.Uuid.ToString("D"))
                .Member("memory_kib", domain.MemoryKib)
                .Member("max_memory_kib", domain.MaximumKib)
                .Member("vcpus", domain.Vcpus)
                .Member("max_vcpus", domain.MaximumVcpus)
                .Member("state", StateLetters.Of(domain))
                .Member("shutdown_reason", domain.ShutdownReason)
                .Member("cpu_nanoseconds", domain.CpuNanoseconds)
                .Member("created_at", domain.CreatedAt)
                .Close();
        }

        return json.Close().ToString();
    }

    /// <summary>vCPUs.</summary>
    public static string Vcpus(IEnumerable<(DomainSummary Domain, IReadOnlyList<VcpuRow> Vcpus)> domains)
    {
        var json = new YajlWriter().OpenList();
        foreach (var (domain, vcpus) in domains)
        {
            foreach (var vcpu in vcpus)
            {
                json.OpenMap()
                    .Member("domid", domain.Domid)
                    .Member("name", domain.Name)
                    .Member("vcpu", vcpu.Number)
                    .Name("online").Boolean(vcpu.Online)
                    .Name("running").Boolean(vcpu.Running)
                    .Member("cpu", vcpu.Cpu)
                    .Member("cpu_nanoseconds", vcpu.CpuNanoseconds)
                    .Member("affinity", vcpu.Affinity)
                    .Member("soft_affinity", vcpu.SoftAffinity)
                    .Close();
            }
        }

        return json.Close().ToString();
    }

    /// <summary>Names and values, as one map.</summary>
    public static string Map(IEnumerable<(string Name, string Value)> rows)
    {
        var json = new YajlWriter().OpenMap();
        foreach (var (name, value) in rows)
            json.Member(name, value.Trim());
        return json.Close().ToString();
    }
}
