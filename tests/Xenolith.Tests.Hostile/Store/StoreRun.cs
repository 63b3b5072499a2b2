using Xenolith.Host;

namespace Xenolith.Tests.Hostile.Store;

/// <summary>A run directory of a test's own with a xenstored in it, which is killed and removed at the end.</summary>
public abstract class StoreRun : IDisposable
{
    protected RunDirectory Run { get; } = RunDirectory.Open(Directory.CreateTempSubdirectory("xenstored-test-").FullName, RunDirectory.UserId(), isolated: true);

    public void Dispose()
    {
        Kill();
        var path = Run.Path;
        Run.Dispose();
        Directory.Delete(path, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Kills the store, if there is one.</summary>
    protected abstract void Kill();
}
