namespace Xenolith.Translator.Fault;

/// <summary>Why emitted code went back to C#. Not to be confused with <see cref="Engine.ExitReason"/>, which the machine sees.</summary>
internal enum ExitKind
{
    /// <summary>No translation for a read; <c>ExitValue</c> is the linear address.</summary>
    MissRead = 1,

    /// <summary>No translation for a write.</summary>
    MissWrite,

    /// <summary>A direct branch that is not linked yet; the site's info is the link number.</summary>
    Branch,

    /// <summary>An indirect branch without a hash entry; <c>ExitValue</c> is the target.</summary>
    Indirect,

    /// <summary>An instruction leaves: the site's info has the row and a <see cref="LeaveReason"/>.</summary>
    Leave,

    /// <summary>A synchronous signal in emitted code.</summary>
    Signal,

    /// <summary>A snippet ran to its end.</summary>
    SnippetEnd,
}

/// <summary>Why an instruction left its block.</summary>
internal enum LeaveReason
{
    /// <summary>Execute it in C#, then go on behind it.</summary>
    Slow,

    /// <summary>The machine emulates it.</summary>
    Privileged,

    /// <summary>syscall.</summary>
    Syscall,

    /// <summary>sysenter.</summary>
    Sysenter,

    /// <summary>#UD.</summary>
    Undefined,

    /// <summary>int n.</summary>
    SoftwareInterrupt,

    /// <summary>int3: a trap, RIP behind it.</summary>
    Breakpoint,

    /// <summary>int1: a trap, RIP behind it.</summary>
    DebugTrap,

    /// <summary>The single-step trap behind an instruction executed with TF.</summary>
    SingleStep,

    /// <summary>An x87, SSE or AVX instruction while CR0.TS is set: #NM.</summary>
    NotAvailable,

    /// <summary>An instruction at an address that some vCPU watches: stop before it, or step over it.</summary>
    Watched,

    /// <summary>The fetch of the instruction faulted: look up its address again.</summary>
    Refetch,
}
