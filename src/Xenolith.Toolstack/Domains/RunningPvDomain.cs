using Microsoft.Win32.SafeHandles;

namespace Xenolith.Toolstack.Domains;

/// <summary>A <see cref="PvDomain"/> as the domain process sees it.</summary>
internal sealed class RunningPvDomain(PvDomain domain) : IRunningDomain
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
    public IReadOnlyList<KeyValuePair<string, long>> Counters() =>
        [.. domain.Machine.Engine.Counters(), .. domain.Machine.MmuCounters(), .. domain.Machine.HypercallCounters()];

    /// <inheritdoc/>
    public void Dispose() => domain.Dispose();
}
