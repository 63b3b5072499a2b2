using Microsoft.Win32.SafeHandles;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Domains.Backends;

namespace Xenolith.Toolstack.Domains;

/// <summary>A <see cref="PvDomain"/> as the domain process sees it.</summary>
internal sealed class RunningPvDomain(PvDomain domain, DomainBackends backends) : IRunningDomain
{
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
    public IReadOnlyList<KeyValuePair<string, long>> Counters() =>
        [.. domain.Machine.Engine.Counters(), .. domain.Machine.MmuCounters(), .. domain.Machine.HypercallCounters(), .. backends.Counters(), .. ProcessCounters.Now()];

    /// <inheritdoc/>
    public void Dispose()
    {
        backends.Dispose();
        domain.Dispose();
    }
}
