namespace Xenolith.Store.Quotas;

/// <summary>The limits that hold for domains without limits of their own.</summary>
internal sealed class QuotaLimits
{
    private readonly int[] _limits = [.. QuotaKind.All.Select(kind => kind.Default)];

    /// <summary>A limit; 0 means none.</summary>
    public int this[Quota quota]
    {
        get => _limits[(int)quota];
        set => _limits[(int)quota] = value;
    }

    /// <summary>The memory from which on a domain is named in the log.</summary>
    public int SoftMemory { get; set; } = QuotaKind.SoftMemoryDefault;

    /// <summary>The largest use of each quota that any domain made.</summary>
    public int[] Peaks { get; } = new int[QuotaKind.All.Count];
}
