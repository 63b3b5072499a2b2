using Xenolith.Cli.Domains;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary><c>xl list -l</c>: every domain with its configuration, in libxl's form.</summary>
internal static class RunningJson
{
    /// <summary>The whole list.</summary>
    /// <param name="domains">Which domains.</param>
    /// <param name="configOf">The configuration of one, or null for Domain-0.</param>
    public static string Of(IEnumerable<DomainSummary> domains, Func<int, DomainConfig?> configOf)
    {
        var json = new YajlWriter().OpenList();
        foreach (var domain in domains)
        {
            json.OpenMap().Member("domid", domain.Domid).Name("config");
            if (configOf(domain.Domid) is { } config)
                LibxlJson.Write(json, Now(config, domain), LibxlForm.Running);
            else
                Host(json, domain);
            json.Close();
        }

        return json.Close().ToString();
    }

    // What was changed since the creation is told as it is now.
    private static DomainConfig Now(DomainConfig config, DomainSummary domain) => config with
    {
        Name = domain.Name,
        MemoryKiB = domain.TargetKib == 0 ? domain.MemoryKib : domain.TargetKib,
        MaxMemoryKiB = domain.MaximumKib,
        MaxVcpus = domain.MaximumVcpus,
    };

    private static void Host(YajlWriter json, DomainSummary domain) => json
        .OpenMap()
        .Name("c_info").OpenMap().Member("type", "pv").Member("name", domain.Name).Close()
        .Name("b_info").OpenMap()
        .Member("max_memkb", domain.MaximumKib)
        .Member("target_memkb", domain.MemoryKib)
        .Name("sched_params").OpenMap().Member("sched", HostPool.Scheduler).Member("weight", 256).Member("cap", 0).Close()
        .EmptyMap("type.pv")
        .EmptyMap("arch_arm")
        .EmptyMap("arch_x86")
        .Close()
        .Close();
}
