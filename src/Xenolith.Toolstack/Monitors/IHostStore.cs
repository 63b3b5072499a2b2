using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// What a toolstack asks of the host's store, as Domain-0. Thread ownership: one thread. Every member but <see cref="IDisposable.Dispose"/> may
/// throw <see cref="StoreLostException"/>: then connect again.
/// </summary>
internal interface IHostStore : IDisposable
{
    /// <summary>Readable when <see cref="IsLost"/> is worth asking.</summary>
    SafeHandle Descriptor { get; }

    /// <summary>Takes whatever the store sent unasked: the tokens of the watches that fired are added to <paramref name="fired"/>. True if the store has gone away.</summary>
    bool IsLost(List<string> fired);

    /// <summary>The value of a node; null if it does not exist.</summary>
    string? Read(string path);

    /// <summary>The names of a node's children; none if it does not exist.</summary>
    IReadOnlyList<string> List(string path);

    /// <summary>Removes trees (those that exist) and writes nodes, in this order, all or nothing.</summary>
    /// <param name="nodes">A node without permissions keeps those it has, or inherits its parent's.</param>
    /// <param name="removed">Roots of the trees.</param>
    void Write(IReadOnlyList<StoreNode> nodes, IReadOnlyList<string>? removed = null);

    /// <summary>Watches a path and what lies below it; fires once at first.</summary>
    void Watch(string path, string token);

    /// <summary>Ends a watch.</summary>
    void Unwatch(string path, string token);

    /// <summary>Tells the store of a domain and its ring, which fires @introduceDomain.</summary>
    void Introduce(int domid, ulong mfn, uint port);

    /// <summary>Makes a new connection that <em>is</em> the domain: for the domain process to relay its ring to.</summary>
    SafeFileHandle ConnectDomain(int domid);

    /// <summary>A domain has shut down, which fires @releaseDomain.</summary>
    void DomainShutDown(int domid);

    /// <summary>Removes every node of a domain and its devices, all or none, then releases it, which fires @releaseDomain.</summary>
    void RemoveDomain(int domid, Guid uuid);
}

/// <summary>Finds the host's store.</summary>
internal interface IHostStoreFinder
{
    /// <summary>Connects; starts the store if nobody answers.</summary>
    IHostStore Start();

    /// <summary>Connects if there is a store; null if not.</summary>
    IHostStore? Find();
}

/// <summary>The connection to the store ended.</summary>
internal sealed class StoreLostException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Which failures of the store an owner of domains reports and lives with.</summary>
internal static class StoreTrouble
{
    /// <summary>The store is gone, refused, or cannot be started.</summary>
    public static bool Is(Exception e) => e is StoreLostException or ToolstackException or Xenolith.Host.HostException;
}
