using Xenolith.Host;

namespace Xenolith.Toolstack.Monitors;

/// <summary>Finds the xenstored of a run directory.</summary>
internal sealed class XenstoreFinder(RunDirectory run) : IHostStoreFinder
{
    /// <inheritdoc/>
    public IHostStore Start() => throw new StoreLostException($"this program has no xenstored for {run.Path}");

    /// <inheritdoc/>
    public IHostStore? Find() => null;
}
