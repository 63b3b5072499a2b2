namespace Xenolith.Translator.Decode;

/// <summary>What an emitter must know about an instruction besides its class.</summary>
[Flags]
internal enum InstructionTraits : ushort
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Its memory operand is read.</summary>
    ReadsMemory = 1,

    /// <summary>Its memory operand is written (for a conditional write: may be, and the CPU checks for write access anyway).</summary>
    WritesMemory = 2,

    /// <summary>Names a memory operand and touches no memory: lea, long nops, prefetches. Never faults, needs no translation.</summary>
    AddressOnly = 4,

    /// <summary>Touches only some elements of its memory operand (masked moves): outside the plain hit path it must go to the slow instructions, never fault for the whole.</summary>
    MaskedMemory = 8,

    /// <summary>bt, bts, btr, btc with a memory operand and a register index: the register moves the address.</summary>
    BitString = 16,

    /// <summary>A locked read-modify-write of memory (the prefix, or xchg with memory).</summary>
    Locked = 32,

    /// <summary>x87 or MMX: #NM while CR0.TS is set; uses the host's x87 state.</summary>
    X87 = 64,

    /// <summary>SSE or AVX: #NM while CR0.TS is set; uses the vector registers.</summary>
    Vector = 128,

    /// <summary>May raise an arithmetic exception (#DE, #XM, #MF) by its values.</summary>
    MayRaise = 256,

    /// <summary>An ordinary nop in every form: may be dropped.</summary>
    Nop = 512,
}
