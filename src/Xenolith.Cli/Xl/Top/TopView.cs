namespace Xenolith.Cli.Xl.Top;

/// <summary>What of a sample is shown, and how: the options of <c>xl top</c>, which keys change while it runs.</summary>
internal sealed record TopView
{
    /// <summary>Lines for each interface (<c>-n</c>).</summary>
    public bool Networks { get; init; }

    /// <summary>Lines for each disk (<c>-x</c>).</summary>
    public bool Vbds { get; init; }

    /// <summary>A line for the vCPUs (<c>-v</c>).</summary>
    public bool Vcpus { get; init; }

    /// <summary>The heading before each domain (<c>-r</c>).</summary>
    public bool RepeatHeading { get; init; }

    /// <summary>Whole names (<c>-f</c>).</summary>
    public bool FullNames { get; init; }

    /// <summary>Domain-0 first, whatever the order (<c>-z</c>).</summary>
    public bool HostFirst { get; init; }

    /// <summary>Index of the column that is sorted by.</summary>
    public int Sort { get; init; }

    /// <summary>Rows left out at the top.</summary>
    public int Skip { get; init; }

    /// <summary>Seconds between two looks (<c>-d</c>).</summary>
    public int Delay { get; init; } = 3;

    /// <summary>The domains in order.</summary>
    public List<TopDomain> Ordered(IEnumerable<TopDomain> domains)
    {
        // OrderBy keeps equal rows in place; List.Sort would let them jump.
        var order = Comparer<TopDomain>.Create(TopColumns.All[Sort].Order);
        return [.. domains.OrderBy(domain => HostFirst && domain.Summary.Domid == 0 ? 0 : 1).ThenBy(domain => domain, order)];
    }
}
