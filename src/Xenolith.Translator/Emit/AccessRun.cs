namespace Xenolith.Translator.Emit;

/// <summary>
/// Memory accesses of one block off the same base (and index, if any), at displacements that are known and near each other: one look into the soft TLB does for all of
/// them. Registers that differ by a constant are one base; displacements count from a value that they have in common.
/// </summary>
internal struct AccessRun
{
    /// <summary>Numbers of the values that base and index have, and the index's factor: what its accesses have in common.</summary>
    public (int Base, int Index, int Scale) Key;

    /// <summary>Number of the first access's base register.</summary>
    public int Base;

    /// <summary>Number of its index register, -1 for none.</summary>
    public int Index;

    /// <summary>The index's factor.</summary>
    public int Scale;

    /// <summary>Lowest byte used.</summary>
    public int Low;

    /// <summary>Behind the highest byte used.</summary>
    public int High;

    /// <summary>By how much these two exceed, at the first access, what displacements count from.</summary>
    public int Added;

    /// <summary>Index of the first access's instruction.</summary>
    public int Head;

    /// <summary>How many accesses.</summary>
    public int Members;

    /// <summary>Slot of the state block that keeps the host address of <see cref="Low"/> for later accesses; -1 if none is needed.</summary>
    public int Slot;

    /// <summary>True if any of them is written.</summary>
    public bool Writes;

    /// <summary>True if one of them is the return or the backward call that ends the block: the first access reads the poll pointer for it.</summary>
    public bool Polls;

    /// <summary>True if one of them is the call that ends the block: the first access makes room for its return.</summary>
    public bool Calls;
}
