using System.Collections.Immutable;
using Xenolith.Config.Processors;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Resources;

/// <summary>
/// What a monitor does about its domain's vCPUs: how many the guest is asked to have online, where their threads may run, what share of CPU time the
/// domain gets. Thread ownership: the monitor's thread.
/// </summary>
internal sealed class DomainProcessors(DomainInstance domain)
{
    private const int LeastWeight = 1, MostWeight = 65535, PercentOfCpu = 100;

    private readonly CpuShares _shares = new(domain.Record);

    private static int HostCpus => Environment.ProcessorCount;

    /// <summary>Gives a new domain what its configuration says, before it runs.</summary>
    /// <exception cref="ToolstackException">This machine does not allow it.</exception>
    public void Begin()
    {
        var config = domain.Config;
        Check(config.HardAffinity);
        var (weight, cap) = (config.Scheduler.Weight ?? CpuShares.UsualWeight, config.Scheduler.Cap ?? 0);
        CheckShares(weight, cap);
        _shares.Set(weight, cap, []);
        Note();
    }

    /// <summary>The vCPUs' threads exist now.</summary>
    public void Place()
    {
        var (config, threads) = (domain.Config, domain.Record.VcpuThreads);
        if (config.HardAffinity.IsEmpty && config.SoftAffinity.IsEmpty && _shares.GroupPath.Length == 0 && config.Scheduler.Weight is null)
        {
            return; // most domains: nothing was ever said
        }

        for (var vcpu = 0; vcpu < threads.Count; vcpu++)
        {
            if (threads[vcpu] != 0 && (vcpu < config.HardAffinity.Length || vcpu < config.SoftAffinity.Length))
            {
                ThreadPlacement.SetAffinity(threads[vcpu], VcpuPlaces.Effective(Set(config.HardAffinity, vcpu), Set(config.SoftAffinity, vcpu)));
            }
        }

        _shares.Set(config.Scheduler.Weight ?? CpuShares.UsualWeight, config.Scheduler.Cap ?? 0, threads);
    }

    /// <summary>Asks the guest to have so many vCPUs online; it does that in its own time.</summary>
    public Message SetOnline(Message order)
    {
        var (count, most) = ((int)order.Number("count"), domain.Record.MaximumVcpus);
        if (count < 1 || count > most)
        {
            return Refusal(count < 1
                ? $"domain {domain.Record.Name} needs at least one vCPU."
                : $"domain {domain.Record.Name} has at most {most} vCPUs; {count} were asked for. Set `maxvcpus` in its configuration and start it anew.");
        }

        domain.Change(domain.Config with { Vcpus = count, MaxVcpus = most }, domain.Record);
        string[] readable = ["n0", $"r{domain.Record.Domid}"];
        domain.Write([.. Enumerable.Range(0, most).Select(vcpu =>
            new StoreNode($"/local/domain/{domain.Record.Domid}/cpu/{vcpu}/availability", vcpu < count ? "online" : "offline", readable))]);
        return new(Verbs.Done);
    }

    /// <summary>Sets where vCPUs may run.</summary>
    public Message Pin(Message order)
    {
        var (vcpu, most) = ((int)order.Number("vcpu", -1), domain.Record.MaximumVcpus);
        if (vcpu >= most)
        {
            return Refusal($"domain {domain.Record.Name} has no vCPU {vcpu}; its vCPUs are 0 to {most - 1}.");
        }

        var before = domain.Config;
        var config = before;
        if (Cpus(order.Text("hard")) is { } hard)
        {
            config = config with { HardAffinity = VcpuPlaces.With(config.HardAffinity, most, vcpu, hard, HostCpus) };
        }

        if (Cpus(order.Text("soft")) is { } soft)
        {
            config = config with { SoftAffinity = VcpuPlaces.With(config.SoftAffinity, most, vcpu, soft, HostCpus) };
        }

        Check(config.HardAffinity);
        domain.Change(config, domain.Record);
        try
        {
            Place();
        }
        catch (HostException e)
        {
            domain.Change(before, domain.Record);
            return Refusal($"domain {domain.Record.Name}: {e.Message}");
        }

        Note();
        return new(Verbs.Done);
    }

    /// <summary>Sets weight and cap.</summary>
    public Message Schedule(Message order)
    {
        var scheduler = domain.Config.Scheduler;
        var weight = (int)order.Number("weight", scheduler.Weight ?? CpuShares.UsualWeight);
        var cap = (int)order.Number("cap", scheduler.Cap ?? 0);
        CheckShares(weight, cap);
        _shares.Set(weight, cap, domain.Record.VcpuThreads);
        domain.Change(domain.Config with { Scheduler = scheduler with { Weight = weight, Cap = cap } }, domain.Record);
        Note();
        return new(Verbs.Done);
    }

    /// <summary>Removes what was made for it on the host; its process has ended.</summary>
    public void End() => _shares.Remove();

    private static Message Refusal(string text) => new Message(Verbs.Failed).With("text", text);

    private static ImmutableArray<int>? Cpus(string text) =>
        text.Length > 0 && CpuSet.TryParse(text, HostCpus, out var cpus, out _) ? [.. cpus] : null;

    private static IReadOnlyCollection<int> Set(ImmutableArray<ImmutableArray<int>> sets, int vcpu) =>
        vcpu < sets.Length ? sets[vcpu] : Enumerable.Range(0, HostCpus).ToList();

    private void Check(ImmutableArray<ImmutableArray<int>> hard)
    {
        for (var vcpu = 0; vcpu < hard.Length; vcpu++)
        {
            if (!hard[vcpu].Any(cpu => cpu < HostCpus))
            {
                throw new ToolstackException(
                    $"vCPU {vcpu} of domain {domain.Record.Name} has no host CPU to run on: the host's are 0 to {HostCpus - 1}. Name one of them in `cpus`.",
                    ToolstackException.CreationFailed);
            }
        }
    }

    private void CheckShares(int weight, int cap)
    {
        if (weight is < LeastWeight or > MostWeight)
        {
            throw new ToolstackException($"the weight {weight} of domain {domain.Record.Name} is out of range; it goes from {LeastWeight} to {MostWeight}.", ToolstackException.CreationFailed);
        }

        var most = domain.Record.MaximumVcpus * PercentOfCpu;
        if (cap < 0 || cap > most)
        {
            throw new ToolstackException($"the cap {cap} of domain {domain.Record.Name} is out of range; with {domain.Record.MaximumVcpus} vCPUs it goes from 0 (none) to {most}.", ToolstackException.CreationFailed);
        }
    }

    /// <summary>Puts what holds into the state file, for tables.</summary>
    private void Note()
    {
        var (config, record) = (domain.Config, domain.Record);
        domain.Change(config, record with
        {
            HardAffinity = config.HardAffinity.IsEmpty ? string.Empty : VcpuPlaces.Text(config.HardAffinity, record.MaximumVcpus, HostCpus),
            SoftAffinity = config.SoftAffinity.IsEmpty ? string.Empty : VcpuPlaces.Text(config.SoftAffinity, record.MaximumVcpus, HostCpus),
            Weight = config.Scheduler.Weight ?? CpuShares.UsualWeight,
            Cap = config.Scheduler.Cap ?? 0,
            CpuGroup = _shares.GroupPath,
        });
    }
}
