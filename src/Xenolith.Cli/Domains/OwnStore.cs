using Xenolith.Host;
using Xenolith.Store.Client;
using Xenolith.Store.Server;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Domains;

/// <summary>What commands ask of the host's store directly. A store that does not run is started, as its limits are its own.</summary>
internal static class OwnStore
{
    /// <summary>The limits of one domain, or with null those that hold for all.</summary>
    public static IReadOnlyList<(string Name, string Value)> Quotas(RunDirectory run, int? domid) => With(run, client => client.Quotas(domid));

    /// <summary>Sets a limit.</summary>
    public static void SetQuota(RunDirectory run, int? domid, string name, long value) => With(run, client =>
    {
        client.SetQuota(domid, name, value);
        return name;
    });

    /// <summary>Whether the store answers; null when it does not run.</summary>
    public static bool? Answers(RunDirectory run)
    {
        try
        {
            using var client = StoreDaemon.TryConnect(run);
            return client?.Exists("/tool");
        }
        catch (Exception e) when (e is IOException or HostException or StoreException)
        {
            return false;
        }
    }

    private static T With<T>(RunDirectory run, Func<StoreClient, T> action)
    {
        try
        {
            using var client = StoreDaemon.Connect(run);
            return action(client);
        }
        catch (StoreException e)
        {
            throw new ToolstackException($"the store refused: {e.Message}. See its limits with: xl xenstore-quota-get -g", ToolstackException.Failed, e);
        }
        catch (Exception e) when (e is IOException or HostException)
        {
            throw new ToolstackException($"the store of this host cannot be asked: {e.Message}", ToolstackException.Failed, e);
        }
    }
}
