namespace Xenolith.Machine;

/// <content>What the MMU counted.</content>
public sealed partial class Domain
{
    /// <summary>Ever-growing counters of the MMU for <c>xl debug</c>, beside the hypercalls' and the engine's; and the pages the domain has.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> MmuCounters() =>
    [
        new("mmu/entries-updated", _vcpus.Sum(v => v.EntriesUpdated)),
        new("mmu/writes-emulated", _vcpus.Sum(v => v.TableWritesEmulated)),
        new("mmu/tables-checked", Mmu.Types.TablesChecked),
        new("mmu/pages", (long)Memory.TotalPages),
    ];
}
