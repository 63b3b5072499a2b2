using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Toolstack.Monitors;

/// <summary>Domain-0's connection to xenstored. Thread ownership: one thread.</summary>
internal sealed class XenstoreConnection(RunDirectory run, StoreClient client) : IHostStore
{
    private const string Backends = "/local/domain/0/backend";

    /// <inheritdoc/>
    public SafeHandle Descriptor { get; } = new SafeFileHandle(client.FileDescriptor, ownsHandle: false);

    /// <inheritdoc/>
    public bool IsLost(List<string> fired)
    {
        try
        {
            while (client.TryNextEvent(out var happened))
            {
                fired.Add(happened.Token);
            }

            return false;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public string? Read(string path)
    {
        string? value = null;
        Guard(() => value = client.TryRead(path));
        return value;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        IReadOnlyList<string> names = [];
        Guard(() => names = client.Exists(path) ? client.List(path) : []);
        return names;
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<StoreNode> nodes, IReadOnlyList<string>? removed = null) => Guard(() => client.Transact(transaction =>
    {
        foreach (var root in removed ?? [])
        {
            client.TryRemove(root, transaction);
        }

        foreach (var node in nodes)
        {
            client.Write(node.Path, node.Value, transaction);
            if (node.Permissions.Length > 0)
            {
                client.SetPermissions(node.Path, transaction, node.Permissions);
            }
        }
    }));

    /// <inheritdoc/>
    public void Watch(string path, string token) => Guard(() => client.Watch(path, token));

    /// <inheritdoc/>
    public void Unwatch(string path, string token) => Guard(() => client.Unwatch(path, token));

    /// <inheritdoc/>
    public void Introduce(int domid, ulong mfn, uint port) => Guard(() => client.Introduce(domid, mfn, port));

    /// <inheritdoc/>
    public SafeFileHandle ConnectDomain(int domid)
    {
        SafeFileHandle? connection = null;
        Guard(() => connection = StoreDaemon.ConnectDomain(run, domid));
        return connection!;
    }

    /// <inheritdoc/>
    public void DomainShutDown(int domid) => Guard(() => client.DomainShutDown(domid));

    /// <inheritdoc/>
    public void RemoveDomain(int domid, Guid uuid) => Guard(() =>
    {
        client.Transact(transaction =>
        {
            foreach (var root in DomainNodes.Roots(domid, uuid))
            {
                client.TryRemove(root, transaction);
            }

            RemoveBackends(domid, transaction);
        });
        client.Release(domid);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        Descriptor.Dispose();
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (StoreException e)
        {
            throw new ToolstackException($"{e.Message}. See what the store holds with: xenstore-ls -fp", ToolstackException.CreationFailed, e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new StoreLostException(e.Message, e);
        }
    }

    /// <summary>The domain's directory under every kind of backend, and the parents that it leaves empty, as libxl does.</summary>
    private void RemoveBackends(int domid, uint transaction)
    {
        if (!client.Exists(Backends, transaction))
        {
            return;
        }

        foreach (var kind in client.List(Backends, transaction))
        {
            client.TryRemove(string.Create(CultureInfo.InvariantCulture, $"{Backends}/{kind}/{domid}"), transaction);
            if (client.List($"{Backends}/{kind}", transaction).Count == 0)
            {
                client.Remove($"{Backends}/{kind}", transaction);
            }
        }

        if (client.List(Backends, transaction).Count == 0)
        {
            client.Remove(Backends, transaction);
        }
    }
}
