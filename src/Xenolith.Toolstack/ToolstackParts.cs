using Xenolith.Toolstack.Domains;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack;

/// <summary>What the toolstack's processes are made with; tests give others.</summary>
internal sealed record ToolstackParts
{
    /// <summary>Makes domains.</summary>
    public required Func<IDomainAssembly> Assembly { get; init; }

    /// <summary>Finds the store of the host in a run directory.</summary>
    public required Func<Xenolith.Host.RunDirectory, IHostStoreFinder> Stores { get; init; }

    /// <summary>The program that monitors and domain processes run: by default the one that runs now.</summary>
    public string Program { get; init; } = "/proc/self/exe";
}
