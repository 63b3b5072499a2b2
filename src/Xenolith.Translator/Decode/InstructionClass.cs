namespace Xenolith.Translator.Decode;

/// <summary>How the translator treats an instruction. The rules that assign it are <see cref="MnemonicRules"/> and <see cref="OfferedFeatures"/>.</summary>
internal enum InstructionClass : byte
{
    /// <summary>Not part of the processor the guest sees: #UD. Includes all of AVX-512, XOP and 3DNow!.</summary>
    Undefined,

    /// <summary>Runs as itself; only memory operands and displaced registers are rewritten. All operands are explicit or in registers that are not displaced.</summary>
    Copy,

    /// <summary>Near jumps, calls, returns, loops: the emitter's own.</summary>
    ControlFlow,

    /// <summary>push, pop, leave with general registers, immediates or memory: the emitter's own.</summary>
    Stack,

    /// <summary>movs, stos, lods, scas, cmps with or without a repeat prefix. the slow instructions knows them all.</summary>
    String,

    /// <summary>Executed by the slow instructions; an emitter may know a faster way for some.</summary>
    Slow,

    /// <summary><c>syscall</c>: a hypercall from the guest's kernel, a system call from its user mode.</summary>
    Syscall,

    /// <summary><c>sysenter</c>.</summary>
    Sysenter,

    /// <summary>Leaves to the machine as a privileged instruction.</summary>
    Privileged,

    /// <summary><c>int n</c>.</summary>
    SoftwareInterrupt,

    /// <summary><c>int3</c>: #BP behind the instruction.</summary>
    Breakpoint,

    /// <summary><c>int1</c>: #DB behind the instruction.</summary>
    DebugTrap,

    /// <summary>Not in the table: an instruction at a watched address, which leaves before it runs.</summary>
    Watched,
}
