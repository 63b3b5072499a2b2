using System.Globalization;
using System.Text;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

public sealed partial class StoreClient
{
    /// <summary>Begins a transaction; pass the number to the requests that belong to it.</summary>
    public uint StartTransaction() =>
        uint.Parse(Encoding.ASCII.GetString(Ask(MessageType.TransactionStart, 0, "start", Terminated(""))).TrimEnd('\0'), CultureInfo.InvariantCulture);

    /// <summary>Ends a transaction. False: a conflicting change was met, nothing of it happened, and it may be tried anew.</summary>
    public bool EndTransaction(uint transaction, bool commit)
    {
        var error = TryAsk(MessageType.TransactionEnd, transaction, Terminated(commit ? "T" : "F"), out _);
        return error is StoreError.None or StoreError.EAGAIN ? error == StoreError.None : throw new StoreException(MessageType.TransactionEnd, "end", error);
    }

    /// <summary>Runs requests in a transaction, as often as conflicts ask for it; an exception abandons it.</summary>
    public void Transact(Action<uint> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        uint transaction;
        do
        {
            transaction = StartTransaction();
            try
            {
                requests(transaction);
            }
            catch
            {
                EndTransaction(transaction, commit: false);
                throw;
            }
        }
        while (!EndTransaction(transaction, commit: true));
    }

    /// <summary>Sets a watch: an event comes at once, and then for each change at or below the path.</summary>
    /// <param name="path">The path, or "@introduceDomain", "@releaseDomain".</param>
    /// <param name="token">Comes back with each event.</param>
    /// <param name="depth">Levels below the path that count; negative for all.</param>
    public void Watch(string path, string token, int depth = -1) =>
        Ask(MessageType.Watch, 0, path, depth < 0 ? Terminated(path, token) : Terminated(path, token, depth.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Ends a watch.</summary>
    public void Unwatch(string path, string token) => Ask(MessageType.Unwatch, 0, path, Terminated(path, token));

    /// <summary>Says that a domain's ring is there; fires @introduceDomain.</summary>
    /// <param name="domid">The domain.</param>
    /// <param name="ringFrame">The machine frame of its store ring.</param>
    /// <param name="port">Its event channel for the store.</param>
    public void Introduce(int domid, ulong ringFrame, uint port) =>
        Ask(MessageType.Introduce, 0, Name(domid), Terminated(Number(domid), ringFrame.ToString(CultureInfo.InvariantCulture), port.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Says that a domain is gone: its watches, its own nodes and its permissions go, and @releaseDomain fires. False if it was not introduced.</summary>
    public bool Release(int domid) => Known(MessageType.Release, domid, Terminated(Number(domid)));

    /// <summary>Says that a domain which was shut down runs again.</summary>
    public bool Resume(int domid) => Known(MessageType.Resume, domid, Terminated(Number(domid)));

    /// <summary>Gives a domain the rights of another.</summary>
    public void SetTarget(int domid, int target) => Ask(MessageType.SetTarget, 0, Name(domid), Terminated(Number(domid), Number(target)));

    /// <summary>Whether a domain was introduced and not released since.</summary>
    public bool IsIntroduced(int domid) => Ask(MessageType.IsDomainIntroduced, 0, Name(domid), Terminated(Number(domid)))[0] == 'T';

    /// <summary>Says that a domain has shut down but is not gone: fires @releaseDomain. False if it was not introduced.</summary>
    public bool DomainShutDown(int domid) => Known(MessageType.Control, domid, Terminated("shutdown", Number(domid)));

    /// <summary>Makes this connection the ring of a domain: from now on it has the domain's rights, and relative paths are the domain's.</summary>
    public void Bind(int domid) => Ask(MessageType.Control, 0, Name(domid), Terminated("bind", Number(domid)));

    /// <summary>A command to the daemon itself, as xenstore-control sends.</summary>
    public string Control(string command, params ReadOnlySpan<string> arguments) =>
        Encoding.UTF8.GetString(Ask(MessageType.Control, 0, command, Terminated([command, .. arguments]))).TrimEnd('\0');

    private bool Known(MessageType type, int domid, byte[] payload)
    {
        var error = TryAsk(type, 0, payload, out _);
        return error is StoreError.None or StoreError.ENOENT ? error == StoreError.None : throw new StoreException(type, Name(domid), error);
    }

    private static string Name(int domid) => $"domain {Number(domid)}";

    private static string Number(int domid) => domid.ToString(CultureInfo.InvariantCulture);
}
