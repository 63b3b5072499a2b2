using Xenolith.Host;
using Xenolith.Store.Server;

namespace Xenolith.Toolstack.Monitors;

/// <summary>Finds the xenstored of a run directory.</summary>
internal sealed class XenstoreFinder(RunDirectory run) : IHostStoreFinder
{
    /// <inheritdoc/>
    public IHostStore Start()
    {
        try
        {
            return new XenstoreConnection(run, StoreDaemon.Connect(run));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreLostException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public IHostStore? Find() => StoreDaemon.TryConnect(run) is { } client ? new XenstoreConnection(run, client) : null;
}
