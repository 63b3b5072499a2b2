using System.Globalization;
using System.Text;
using Xenolith.Store.Quotas;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>
/// CONTROL: what <c>xenstore-control</c> offers, and two private commands of the monitors: <c>bind DOMID</c> makes the connection that sends
/// it the ring of a domain, <c>shutdown DOMID</c> tells that a domain has shut down.
/// </summary>
internal sealed class ControlRequests
{
    private readonly XenStore _store;
    private readonly Command[] _commands;

    /// <summary>Makes the table of commands.</summary>
    public ControlRequests(XenStore store)
    {
        _store = store;
        _commands =
        [
            new("check", "", Check),
            new("log", "[on|off]", Log),
            new("memreport", "", MemoryReport),
            new("print", "<string>", Print),
            new("quota", "[set <name> <val>|<domid>|max [-r]]", ShowQuota),
            new("quota-soft", "[set <name> <val>]", ShowSoftQuota),
            new("help", "", Help),
            new("bind", null, Bind),
            new("shutdown", null, ShutDown),
        ];
    }

    private delegate StoreError Handler(StoreConnection connection, string[] arguments, Reply reply);

    /// <summary>Answers a CONTROL request.</summary>
    public StoreError Answer(StoreConnection connection, ReadOnlySpan<byte> payload, Reply reply)
    {
        if (payload.IndexOf((byte)0) < 0)
            return StoreError.EINVAL;
        var strings = Encoding.Latin1.GetString(payload[..(payload.LastIndexOf((byte)0))]).Split('\0');
        var command = Array.Find(_commands, c => c.Name == strings[0]);
        return command is null ? StoreError.EINVAL : command.Run(connection, strings[1..], reply);
    }

    private StoreError Check(StoreConnection connection, string[] arguments, Reply reply)
    {
        if (arguments.Length != 0)
            return StoreError.EINVAL;
        var nodes = TreeCheck.Run(_store.Tree, out var fault);
        if (fault is null)
            _store.Log.Note($"check: {nodes} nodes, all in order");
        else
            _store.Log.Warn($"check: {fault}");
        return reply.Ok();
    }

    private StoreError Log(StoreConnection connection, string[] arguments, Reply reply)
    {
        if (arguments.Length == 0)
            return Send(reply, $"Log switch settings:\nrequests: {(_store.TracesRequests ? "on" : "off")}\n");
        if (arguments is not ["on" or "off"])
            return StoreError.EINVAL;
        _store.TracesRequests = arguments[0] == "on";
        return reply.Ok();
    }

    private StoreError MemoryReport(StoreConnection connection, string[] arguments, Reply reply)
    {
        if (arguments.Length != 0)
            return StoreError.EINVAL;
        var nodes = TreeCheck.Run(_store.Tree, out _);
        return Send(reply, string.Create(CultureInfo.InvariantCulture,
            $"nodes: {nodes}\nwatches: {_store.Watches.Count}\nconnections: {_store.ConnectionCount}\ndomains: {_store.Domains.Introduced}\nheap bytes: {GC.GetTotalMemory(false)}\n"));
    }

    private StoreError Print(StoreConnection connection, string[] arguments, Reply reply)
    {
        if (arguments.Length != 1)
            return StoreError.EINVAL;
        _store.Log.Note($"control: {arguments[0]}");
        return reply.Ok();
    }

    private StoreError ShowQuota(StoreConnection connection, string[] arguments, Reply reply)
    {
        switch (arguments)
        {
            case []:
                return Send(reply, QuotaReport.Settings(_store.Limits));
            case ["set", var name, var value]:
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1)
                    return StoreError.EINVAL;
                return _store.Quotas.SetDefault(name, limit) is var error && error != StoreError.None ? error : reply.Ok();
            case ["max"]:
                return Send(reply, QuotaReport.Peaks(_store.Limits));
            case ["max", "-r"]:
                Array.Clear(_store.Limits.Peaks);
                return Send(reply, QuotaReport.Peaks(_store.Limits));
            case [var id] when ushort.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var domid):
                return _store.Domains.TryFind(domid, out var domain) ? Send(reply, QuotaReport.Of(domain, _store.Tree)) : StoreError.ENOENT;
            default:
                return StoreError.EINVAL;
        }
    }

    private StoreError ShowSoftQuota(StoreConnection connection, string[] arguments, Reply reply)
    {
        switch (arguments)
        {
            case []:
                return Send(reply, QuotaReport.SoftSettings(_store.Limits));
            case ["set", "memory", var value]:
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1)
                    return StoreError.EINVAL;
                _store.Limits.SoftMemory = limit;
                return reply.Ok();
            default:
                return StoreError.EINVAL;
        }
    }

    private StoreError Help(StoreConnection connection, string[] arguments, Reply reply)
    {
        if (arguments.Length != 0)
            return StoreError.EINVAL;
        return Send(reply, string.Concat(_commands.Where(c => c.Parameters is not null).Select(c => $"{c.Name,-15} {c.Parameters}\n")));
    }

    private StoreError Bind(StoreConnection connection, string[] arguments, Reply reply)
    {
        if (arguments is not [var id] || !ushort.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var domid) || domid is 0 or >= WireLimits.FirstReservedDomid)
            return StoreError.EINVAL;
        if (connection.TransactionCount > 0 || connection.Watcher.Watches.Count > 0)
            return StoreError.EBUSY;
        var error = reply.Ok();
        connection.Become(_store.Domains.FindOrAdd(domid));
        FireAll(connection);
        return error;
    }

    private StoreError ShutDown(StoreConnection connection, string[] arguments, Reply reply) =>
        arguments is [var id] && ushort.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var domid)
            ? _store.DomainEvents.ShutDown(domid, reply)
            : StoreError.EINVAL;

    private static void FireAll(StoreConnection connection)
    {
        foreach (var watch in connection.Watcher.Watches)
            connection.Watcher.Send(watch, watch.Path);
    }

    private static StoreError Send(Reply reply, string text) => reply.Send(Encoding.UTF8.GetBytes(text + "\0"));

    private sealed record Command(string Name, string? Parameters, Handler Run);
}
