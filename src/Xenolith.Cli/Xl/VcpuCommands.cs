using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Config.Processors;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>Commands that change vCPUs.</summary>
internal static class VcpuCommands
{
    private const string Unchanged = "-";

    public static Command VcpuSet { get; } = new("vcpu-set", "[option] <Domain> <vCPUs>", "Set how many vCPUs of a domain are online")
    {
        Options = [new('i', "ignore-host", "Do not limit the vCPUs to the host's CPUs")],
        Modifies = true,
        Least = 2,
        Notes = "The guest takes its vCPUs up and down in its own time; `xl vcpu-list' shows which are online.",
        Run = Set,
    };

    public static Command VcpuPin { get; } =
        new("vcpu-pin", "[option] <Domain> <VCPU|all> <Hard affinity|-|all> <Soft affinity|-|all>", "Set on which CPUs a vCPU may run")
        {
            Options =
            [
                new('f', "force", "Accepted; no guest kernel overrides a pinning here"),
                new('i', "ignore-global-affinity-masks", "Accepted; there are no such masks"),
            ],
            Modifies = true,
            CanDryRun = true,
            Least = 3,
            Notes = "An affinity is a list such as 0-3,5,^1 or nodes:0; `-' leaves it as it is. Linux has no preference beside its affinity: a soft affinity\n"
                + "is kept to strictly as long as it leaves a CPU of the hard one.",
            Run = Pin,
        };

    private static int Set(Invocation use)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        if (!int.TryParse(use.Arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return use.Fail($"Error: Invalid argument: `{use.Arguments[1]}' is no number of vCPUs.");
        if (!use.Has("ignore-host") && count > domain.Vcpus && count > use.Services.HostCpus)
        {
            return use.Fail($"You are overcommmitting! You have {use.Services.HostCpus} physical CPUs and want {count} vCPUs! Aborting, use --ignore-host to continue");
        }

        if (domain.Domid == 0)
        {
            return count == domain.Vcpus
                ? ExitCode.Success
                : use.Fail("Domain-0 is this host itself; its vCPUs are the host's CPUs. Set dom0_max_vcpus in xenolith.conf or boot.cfg.");
        }

        use.Services.Host.Resources.SetVcpus(domain.Domid, count);
        return ExitCode.Success;
    }

    private static int Pin(Invocation use)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        int? vcpu = null;
        if (use.Arguments[1] != "all")
        {
            if (!int.TryParse(use.Arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return use.Fail($"Error: Invalid argument {use.Arguments[1]} as VCPU.");
            vcpu = number;
        }
        else if (use.Has("force"))
        {
            return use.Fail("Error: --force and 'all' as VCPU not allowed.");
        }

        if (!TryAffinity(use, use.Arguments[2], out var hard) || !TryAffinity(use, use.Arguments.ElementAtOrDefault(3) ?? Unchanged, out var soft))
            return ExitCode.Failure;
        if (hard == "none")
            return use.Fail($"vcpu hard affinity map is empty: the host's CPUs are 0 to {use.Services.HostCpus - 1}");
        if (use.Globals.DryRun)
        {
            use.Terminal.Out.Line($"cpumap: {hard ?? Unchanged}{(soft is null ? string.Empty : " " + soft)}");
            return ExitCode.Success;
        }

        if (domain.Domid == 0)
            return PinHost(use, domain, vcpu, hard, soft);
        use.Services.Host.Resources.Pin(domain.Domid, vcpu, hard, soft);
        return ExitCode.Success;
    }

    /// <summary>What holds already may be asked for; more cannot be done to the host itself.</summary>
    private static int PinHost(Invocation use, DomainSummary host, int? vcpu, string? hard, string? soft) =>
        Enumerable.Range(vcpu ?? 0, vcpu is null ? host.Vcpus : 1).All(v => (hard ?? host.HardAffinityOf(v)) == host.HardAffinityOf(v)) && soft is null or "all"
            ? ExitCode.Success
            : use.Fail("Domain-0 is this host itself: Linux places what runs in it. Set dom0_vcpus_pin in xenolith.conf or boot.cfg to have its vCPUs named after CPUs.");

    private static bool TryAffinity(Invocation use, string text, out string? affinity)
    {
        affinity = null;
        if (text == Unchanged)
            return true;
        if (CpuSet.TryParse(text, use.Services.HostCpus, out var cpus, out var problem))
        {
            affinity = CpuSet.Format(cpus, use.Services.HostCpus);
            return true;
        }

        use.Fail($"Invalid pcpu range: {problem}.");
        return false;
    }
}
