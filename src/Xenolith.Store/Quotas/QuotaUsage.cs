namespace Xenolith.Store.Quotas;

/// <summary>One domain's limits and the largest use it made of each.</summary>
internal sealed class QuotaUsage(QuotaLimits defaults)
{
    private const int Inherited = -1;

    private readonly int[] _own = [.. Enumerable.Repeat(Inherited, QuotaKind.All.Count)];
    private readonly int[] _peaks = new int[QuotaKind.All.Count];

    /// <summary>The last time this domain was named in the log, in milliseconds.</summary>
    public long ReportedAt { get; set; } = long.MinValue / 2;

    /// <summary>The limit that holds for the domain; 0 means none.</summary>
    public int Limit(Quota quota) => _own[(int)quota] == Inherited ? defaults[quota] : _own[(int)quota];

    /// <summary>Gives the domain a limit of its own.</summary>
    public void SetLimit(Quota quota, int limit) => _own[(int)quota] = limit;

    /// <summary>The domain's own limits, for the journal.</summary>
    public IEnumerable<(Quota Quota, int Limit)> OwnLimits()
    {
        for (var i = 0; i < _own.Length; i++)
        {
            if (_own[i] != Inherited)
                yield return ((Quota)i, _own[i]);
        }
    }

    /// <summary>The largest use made of a quota.</summary>
    public int Peak(Quota quota) => _peaks[(int)quota];

    /// <summary>Notes a use and says whether the limit allows it.</summary>
    public bool Allows(Quota quota, int use)
    {
        var limit = Limit(quota);
        if (limit != 0 && use > limit)
            return false;
        if (use > _peaks[(int)quota])
        {
            _peaks[(int)quota] = use;
            if (use > defaults.Peaks[(int)quota])
                defaults.Peaks[(int)quota] = use;
        }

        return true;
    }
}
