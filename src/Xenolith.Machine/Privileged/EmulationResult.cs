namespace Xenolith.Machine.Privileged;

/// <summary>What came of an instruction.</summary>
internal enum EmulationResult
{
    /// <summary>Executed: step over it.</summary>
    Done,

    /// <summary>#GP(0).</summary>
    Refused,

    /// <summary>#UD.</summary>
    Undefined,

    /// <summary>RIP is where it should be: a transfer was made or an exception injected.</summary>
    Transferred,
}
