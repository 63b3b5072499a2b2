using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>A store whose nodes are files, so that a test sees from outside what processes wrote and removed.</summary>
internal sealed class FileStoreFinder(RunDirectory run) : IHostStoreFinder
{
    public const string Folder = "nodes";

    public IHostStore Start()
    {
        Directory.CreateDirectory(Path.Combine(run.Path, Folder));
        return new FileStore(Path.Combine(run.Path, Folder));
    }

    public IHostStore? Find() => Directory.Exists(Path.Combine(run.Path, Folder)) ? Start() : null;
}

/// <summary>A connection to it; nothing ever happens on its descriptor.</summary>
internal sealed class FileStore(string folder) : IHostStore
{
    private readonly (SafeFileHandle Ours, SafeFileHandle Theirs) _quiet = UnixSockets.Pair(UnixSocketKind.Stream);

    public SafeHandle Descriptor => _quiet.Ours;

    public bool IsLost(List<string> fired) => false;

    public string? Read(string path) => File.Exists(NameOf(path)) ? File.ReadAllText(NameOf(path)).Split(' ')[0] : null;

    public IReadOnlyList<string> List(string path) => [];

    public void Watch(string path, string token)
    {
    }

    public void Unwatch(string path, string token)
    {
    }

    public void Write(IReadOnlyList<StoreNode> nodes, IReadOnlyList<string>? removed = null)
    {
        foreach (var node in nodes)
        {
            File.WriteAllText(NameOf(node.Path), $"{node.Value} {string.Join(',', node.Permissions)}");
        }
    }

    public void Introduce(int domid, ulong mfn, uint port) => Event($"introduce {domid}");

    public SafeFileHandle ConnectDomain(int domid)
    {
        var (ours, theirs) = UnixSockets.Pair(UnixSocketKind.Stream);
        ours.Dispose();
        return theirs;
    }

    public void DomainShutDown(int domid) => Event($"shutdown {domid}");

    public void RemoveDomain(int domid, Guid uuid)
    {
        foreach (var root in DomainNodes.Roots(domid, uuid).Append($"/local/domain/0/backend/console/{domid}"))
        {
            foreach (var file in Directory.GetFiles(folder).Where(f => f == NameOf(root) || f.StartsWith(NameOf(root) + "%", StringComparison.Ordinal)))
            {
                File.Delete(file);
            }
        }

        Event($"release {domid}");
    }

    public void Dispose()
    {
        _quiet.Ours.Dispose();
        _quiet.Theirs.Dispose();
    }

    private string NameOf(string path) => Path.Combine(folder, path.Replace('/', '%'));

    private void Event(string text) => File.AppendAllText(Path.Combine(folder, "events"), text + "\n");
}
