using System.Globalization;
using System.Text;
using Xenolith.Store.Journal;
using Xenolith.Store.Requests;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Quotas;

/// <summary>GET_QUOTA and SET_QUOTA: limits for all domains, or one domain's own.</summary>
internal sealed class QuotaRequests(QuotaLimits defaults, DomainTable domains)
{
    private const string SoftMemory = "soft-memory";

    /// <summary>Where limits are recorded.</summary>
    public IStoreJournal Journal { get; set; } = new NoJournal();

    /// <summary>GET_QUOTA: without a name, the names.</summary>
    public StoreError Get(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!TryParse(payload, 2, out var strings))
            return StoreError.EINVAL;
        if (strings.Length == 0)
            return Send(reply, string.Join(' ', QuotaKind.All.SelectMany(Names)));
        if (strings[^1] == SoftMemory)
            return Send(reply, defaults.SoftMemory.ToString(CultureInfo.InvariantCulture));
        if (QuotaKind.Find(Encoding.ASCII.GetBytes(strings[^1])) is not { } kind)
            return StoreError.EINVAL;
        if (strings.Length == 1)
            return Send(reply, defaults[kind.Quota].ToString(CultureInfo.InvariantCulture));
        if (!ushort.TryParse(strings[0], NumberStyles.None, CultureInfo.InvariantCulture, out var domid))
            return StoreError.EINVAL;
        if (!domains.TryFind(domid, out var domain))
            return StoreError.ENOENT;
        return Send(reply, domain.Usage.Limit(kind.Quota).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>SET_QUOTA.</summary>
    public StoreError Set(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!TryParse(payload, 3, out var strings) || strings.Length < 2)
            return StoreError.EINVAL;
        if (!int.TryParse(strings[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            return StoreError.EINVAL;
        if (strings.Length == 3)
        {
            if (!ushort.TryParse(strings[0], NumberStyles.None, CultureInfo.InvariantCulture, out var domid) || domid is 0 or >= WireLimits.FirstReservedDomid)
                return StoreError.EINVAL;
            if (QuotaKind.Find(Encoding.ASCII.GetBytes(strings[1])) is not { } own)
                return StoreError.EINVAL;
            if (!Journal.Quota(domid, (int)own.Quota, limit))
                return StoreError.EIO;
            domains.FindOrAdd(domid).Usage.SetLimit(own.Quota, limit);
            return reply.Ok();
        }

        return SetDefault(strings[0], limit) is var error && error != StoreError.None ? error : reply.Ok();
    }

    /// <summary>Sets a limit that holds for all domains without one of their own.</summary>
    public StoreError SetDefault(string name, int limit)
    {
        if (name == SoftMemory)
        {
            defaults.SoftMemory = limit;
            return StoreError.None;
        }

        if (QuotaKind.Find(Encoding.ASCII.GetBytes(name)) is not { } kind)
            return StoreError.EINVAL;
        if (!Journal.Quota(null, (int)kind.Quota, limit))
            return StoreError.EIO;
        defaults[kind.Quota] = limit;
        return StoreError.None;
    }

    private static IEnumerable<string> Names(QuotaKind kind) => kind.Quota == Quota.Memory ? [kind.Name, SoftMemory] : [kind.Name];

    private static bool TryParse(ReadOnlySpan<byte> payload, int atMost, out string[] strings)
    {
        var text = Encoding.Latin1.GetString(payload);
        strings = text.Length == 0 ? [] : text.TrimEnd('\0').Split('\0');
        return strings.Length <= atMost && (payload.IsEmpty || payload[^1] == 0);
    }

    private static StoreError Send(Reply reply, string text) => reply.Send(Encoding.ASCII.GetBytes(text + "\0"));
}
