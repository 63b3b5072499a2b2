namespace Xenolith.Translator.Analyse;

/// <summary>What a translation depends on besides its bytes; part of its key.</summary>
[Flags]
internal enum BlockMode : byte
{
    /// <summary>64-bit code, nothing special.</summary>
    None = 0,

    /// <summary>TF is set: one instruction, then #DB.</summary>
    SingleStep = 1,

    /// <summary>CR0.TS is set: x87, SSE and AVX instructions raise #NM.</summary>
    TaskSwitched = 2,

    /// <summary>Some instruction's address is watched: watched ones are blocks that leave.</summary>
    Watching = 4,

    /// <summary>Each memory access has a check of its own: the twin of a block whose runs fail. Only in a block's key, never a vCPU's mode.</summary>
    Apart = 8,
}
