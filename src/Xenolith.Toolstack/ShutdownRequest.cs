using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;

namespace Xenolith.Toolstack;

/// <summary>
/// Asking a guest through its node <c>control/shutdown</c>. The guest acknowledges by emptying the node (Linux) or removing it (NetBSD, which
/// does so at its start already), in a transaction of its own; that is what is waited for.
/// </summary>
internal static class ShutdownRequest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How often to look whether the domain is still there: where its monitor was killed with it, nobody takes its nodes away.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Asks; returns when the guest has taken it.</summary>
    /// <param name="run">The host.</param>
    /// <param name="domid">The domain.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="request">What to ask: <c>poweroff</c>, <c>reboot</c>, <c>halt</c> or <c>suspend</c>.</param>
    /// <param name="lives">Is the domain still there? One that ended meanwhile has nothing more to be asked.</param>
    public static void Send(RunDirectory run, int domid, string name, string request, Func<bool> lives)
    {
        var node = $"/local/domain/{domid}/control/shutdown";
        try
        {
            using var store = StoreDaemon.TryConnect(run) ?? throw new ToolstackException($"the store of this host does not run; domain {name} cannot be asked to {request}. End it with: xl destroy {name}");
            store.Watch(node, "ack");
            if (!Write(store, domid, request))
            {
                throw new ToolstackException($"domain {name} has no node /local/domain/{domid}/control in the store; it cannot be asked to {request}. End it with: xl destroy {name}");
            }

            var deadline = DateTime.UtcNow + Patience;
            while (store.TryRead(node) == request)
            {
                var left = deadline - DateTime.UtcNow;
                if (left <= TimeSpan.Zero)
                {
                    Withdraw(store, node, request);
                    throw new ToolstackException(
                        $"domain {name} did not take the request to {request} within {Patience.TotalSeconds:0} seconds: it may be paused, hang, or have no xenbus driver. End it with: xl destroy {name}");
                }

                if (!store.WaitEvent(left < Look ? left : Look, out _) && !lives())
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or StoreException)
        {
            throw new ToolstackException($"domain {name} could not be asked to {request}: {e.Message}", ToolstackException.Failed, e);
        }
    }

    /// <summary>Writes the request; a node that the guest removed is made again as it was, the guest's own. False if the domain is not in the store.</summary>
    internal static bool Write(StoreClient store, int domid, string request)
    {
        var control = $"/local/domain/{domid}/control";
        var node = $"{control}/shutdown";
        var known = false;
        store.Transact(transaction =>
        {
            known = store.Exists(control, transaction);
            if (!known)
            {
                return;
            }

            var removed = !store.Exists(node, transaction);
            store.Write(node, request, transaction);
            if (removed)
            {
                store.SetPermissions(node, transaction, [$"n{domid}"]);
            }
        });
        return known;
    }

    /// <summary>A request that was given up must not surprise anybody an hour later.</summary>
    private static void Withdraw(StoreClient store, string node, string request) => store.Transact(transaction =>
    {
        if (store.TryRead(node, transaction) == request)
        {
            store.Write(node, string.Empty, transaction);
        }
    });
}
