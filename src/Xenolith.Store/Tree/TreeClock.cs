namespace Xenolith.Store.Tree;

/// <summary>The counters that all trees of one store share.</summary>
internal sealed class TreeClock(ulong firstGeneration = 1)
{
    private long _edition;
    private ulong _generation = firstGeneration;

    /// <summary>Snapshots that are alive. While there is none, nobody but the present tree can see a node.</summary>
    public int Snapshots { get; set; }

    /// <summary>A number no tree had before.</summary>
    public long NextEdition() => ++_edition;

    /// <summary>A generation no node had before.</summary>
    public ulong NextGeneration() => ++_generation;
}
