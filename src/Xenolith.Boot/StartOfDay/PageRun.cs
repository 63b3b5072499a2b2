namespace Xenolith.Boot.StartOfDay;

/// <summary>A run of pseudo-physical frames.</summary>
/// <param name="First">First frame.</param>
/// <param name="Count">How many; 0 for a part that is not there.</param>
public readonly record struct PageRun(ulong First, ulong Count)
{
    /// <summary>Frame behind the last.</summary>
    public ulong End => First + Count;

    /// <summary>True for one of its frames.</summary>
    public bool Contains(ulong pfn) => pfn - First < Count;
}
