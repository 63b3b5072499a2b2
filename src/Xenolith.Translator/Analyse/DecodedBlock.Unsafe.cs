using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Analyse;

/// <summary>
/// A block between decoding and emission: instructions, their facts and bytes, and the arithmetic flags alive before each. Buffers are
/// reused: one object for an engine, under the translation lock.
/// </summary>
internal sealed unsafe class DecodedBlock
{
    /// <summary>Most instructions in a block.</summary>
    public const int Capacity = 64;

    /// <summary>Instructions.</summary>
    public Instruction[] Instructions { get; } = new Instruction[Capacity];

    /// <summary>Their rows of the instruction table.</summary>
    public InstructionFacts[] Facts { get; } = new InstructionFacts[Capacity];

    /// <summary>Arithmetic flags alive before each instruction.</summary>
    public GuestFlags[] LiveIn { get; } = new GuestFlags[Capacity];

    /// <summary>Arithmetic flags alive where the block goes on behind its last instruction, or at that instruction's target.</summary>
    public GuestFlags LiveAtEnd { get; set; }

    /// <summary>Number of instructions.</summary>
    public int Count { get; set; }

    /// <summary>Address of the first.</summary>
    public ulong Rip { get; set; }

    /// <summary>Bytes in all.</summary>
    public int Length { get; set; }

    /// <summary>Address behind the last instruction.</summary>
    public ulong NextRip => Rip + (ulong)Length;

    /// <summary>True if the last instruction never goes on behind itself, or leaves.</summary>
    public bool Ends { get; set; }

    /// <summary>True if the (then only) instruction lies on two pages.</summary>
    public bool CrossesPage { get; set; }

    /// <summary>The mode it is translated for.</summary>
    public BlockMode Mode { get; set; }

    /// <summary>A private copy of the code bytes: guest memory changes under the reader.</summary>
    public byte* Bytes { get; set; }

    /// <summary>Bytes of one instruction.</summary>
    // SAFETY: instructions were decoded from this buffer, their IP counted from its start.
    public byte* BytesOf(int index) => Bytes + (int)(Instructions[index].IP - Rip);
}
