using System.Numerics;
using Xenolith.Engine;
using Xenolith.Machine.Events;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine.Diagnostics;

/// <summary>
/// What the hypervisor's debug keys print of one domain, in the manner of Xen's own dumps. Everything is read while the domain runs: each line is
/// true, the lines together are no snapshot. Any thread.
/// </summary>
public static class DomainDump
{
    /// <summary>Most ports that are listed, as a guest can have very many.</summary>
    private const int PortLimit = 256;

    private static readonly (char Key, string Meaning, Func<Domain, IEnumerable<string>> Lines)[] Table =
    [
        ('c', "dump hypercalls and exits by kind", Counters),
        ('e', "dump event channels", EventChannels),
        ('g', "dump grant tables", Grants),
        ('m', "dump memory and page table figures", Memory),
        ('q', "dump domains and their vCPUs", General),
        ('r', "dump what the vCPUs do and for how long they did it", RunQueues),
    ];

    /// <summary>The keys that print something of each domain, with what they print.</summary>
    public static IEnumerable<(char Key, string Meaning)> Keys => Table.Select(row => (row.Key, row.Meaning));

    /// <summary>The lines of a key; none for a key that prints nothing of a domain.</summary>
    public static IEnumerable<string> Lines(Domain domain, char key)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Array.Find(Table, row => row.Key == key).Lines?.Invoke(domain) ?? [];
    }

    private static IEnumerable<string> General(Domain domain)
    {
        yield return $"General information for domain {domain.Id}:";
        yield return $"    dying={(domain.Dying ? 1 : 0)} pause_count={domain.PauseCount} shutdown={(domain.Shutdown is { } reason ? (int)reason : -1)}";
        yield return $"    nr_pages={domain.Memory.TotalPages} max_pages={domain.Memory.MaximumPages}";
        yield return $"    handle={domain.Uuid}";
        yield return $"VCPU information and callbacks for domain {domain.Id}:";
        foreach (var vcpu in domain.Vcpus)
        {
            yield return $"    VCPU{vcpu.Id}: [{vcpu.Runstate.ToString().ToLowerInvariant()}] thread={vcpu.HostThread} down={(vcpu.IsDown ? 1 : 0)} "
                + $"upcall_pend={(vcpu.UpcallPending ? 1 : 0):00} upcall_mask={(vcpu.UpcallMask ? 1 : 0):00}";
        }
    }

    private static IEnumerable<string> RunQueues(Domain domain)
    {
        foreach (var vcpu in domain.Vcpus)
        {
            var record = vcpu.RunstateNow();
            yield return $"    d{domain.Id}v{vcpu.Id}: {vcpu.Runstate.ToString().ToLowerInvariant()} running={Milliseconds(record, Runstate.Running)} "
                + $"runnable={Milliseconds(record, Runstate.Runnable)} blocked={Milliseconds(record, Runstate.Blocked)} offline={Milliseconds(record, Runstate.Offline)} ms";
        }
    }

    private static string Milliseconds(RunstateRecord record, Runstate state) => (record.TimeIn(state) / 1_000_000).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<string> EventChannels(Domain domain)
    {
        yield return $"Event channel information for domain {domain.Id}:";
        yield return $"Polling vCPUs: {{{string.Join(',', Bits(domain.Events.Pollers))}}}";
        yield return "    port [p]";
        var ports = domain.Events.Snapshot();
        foreach (var line in ports.Take(PortLimit))
        {
            yield return line;
        }

        if (ports.Count > PortLimit)
        {
            yield return $"    and {ports.Count - PortLimit} more ports";
        }
    }

    private static IEnumerable<string> Grants(Domain domain)
    {
        yield return $"grant-table for remote d{domain.Id} (v{domain.Grants.Version})";
        yield return $"  {domain.Grants.FrameCount} frames ({domain.Grants.MaximumFrames} max), {domain.Grants.InUse} active entries";
    }

    private static IEnumerable<string> Memory(Domain domain)
    {
        var pages = domain.Memory.TotalPages;
        yield return $"Memory of domain {domain.Id}: {pages} pages ({pages * (MachineFrames.PageSize / 1024)} KiB), at most {domain.Memory.MaximumPages}";
        foreach (var (name, value) in domain.MmuCounters())
        {
            yield return $"    {name}={value}";
        }
    }

    private static IEnumerable<string> Counters(Domain domain)
    {
        yield return $"Counters of domain {domain.Id}:";
        foreach (var (name, value) in domain.ExitCounters().Concat(domain.HypercallCounters()).Where(counter => counter.Value != 0))
        {
            yield return $"    {name}={value}";
        }
    }

    private static IEnumerable<int> Bits(ulong mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            yield return BitOperations.TrailingZeroCount(mask);
        }
    }
}
