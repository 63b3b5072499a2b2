using Microsoft.Win32.SafeHandles;
using Xenolith.Machine.CoreDumps;
using Xenolith.Machine.Diagnostics;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Domains.Backends;

namespace Xenolith.Toolstack.Domains;

/// <summary>A <see cref="PvDomain"/> as the domain process sees it.</summary>
internal sealed class RunningPvDomain(PvDomain domain, DomainBackends backends) : IRunningDomain
{
    private const int KibPerPage = 4;

    /// <inheritdoc/>
    public ulong StoreMfn => domain.Built.StoreMfn;

    /// <inheritdoc/>
    public uint StorePort => domain.StorePort;

    /// <inheritdoc/>
    public ulong ConsoleMfn => domain.Built.ConsoleMfn;

    /// <inheritdoc/>
    public uint ConsolePort => domain.ConsolePort;

    /// <inheritdoc/>
    public IReadOnlyList<int> VcpuThreads => [.. domain.Machine.Vcpus.Select(v => v.HostThread)];

    /// <inheritdoc/>
    public void Unpause() => domain.Unpause();

    /// <inheritdoc/>
    public void Pause() => domain.Pause();

    /// <inheritdoc/>
    public void ReplaceStore(SafeFileHandle store) => domain.ReplaceStore(store);

    /// <inheritdoc/>
    public void OrderDevice(Message order, IReadOnlyList<SafeFileHandle> descriptors, Action<Message> answer) => backends.Order(order, descriptors, answer);

    /// <inheritdoc/>
    public long MemoryKib => (long)domain.Machine.Memory.TotalPages * KibPerPage;

    /// <inheritdoc/>
    public IReadOnlyList<int> OnlineVcpus => [.. domain.Machine.Vcpus.Where(v => !v.IsDown).Select(v => v.Id)];

    /// <inheritdoc/>
    public bool LimitMemory(long kib) => domain.Machine.Memory.TrySetMaximum((ulong)kib / KibPerPage);

    /// <inheritdoc/>
    public bool RaiseNmi(int vcpu)
    {
        var found = domain.Machine.FindVcpu((ulong)vcpu);
        found?.RaiseNmi();
        return found is not null;
    }

    /// <inheritdoc/>
    public void DumpCore(SafeFileHandle file) => CoreDump.Write(domain.Machine, file);

    /// <inheritdoc/>
    public IEnumerable<string> DebugLines(char key) => DomainDump.Lines(domain.Machine, key);

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, long>> Counters() =>
        [.. domain.Machine.Engine.Counters(), .. domain.Machine.MmuCounters(), .. domain.Machine.HypercallCounters(), .. backends.Counters(), .. ProcessCounters.Now()];

    /// <inheritdoc/>
    public void Dispose()
    {
        backends.Dispose();
        domain.Dispose();
    }
}
