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

    /// <summary>Has the store gone away? Also takes whatever it sent unasked.</summary>
    bool IsLost();

    /// <summary>Writes nodes with their permissions, all or none.</summary>
    void Write(IReadOnlyList<StoreNode> nodes);

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
