using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>Facts of an explicit memory operand that the decoder does not give outright.</summary>
internal static class OperandMemory
{
    /// <summary>Bytes that the instruction may touch at its operand's address, 0 if it touches none or the extent is not fixed (XSAVE).</summary>
    public static int SizeOf(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb => 1,
        Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 => 512,
        _ => instruction.MemorySize.GetSize(),
    };

    /// <summary>The linear address of the operand, segment base included, for operands without a vector index.</summary>
    /// <param name="instruction">The instruction; RIP-relative operands are resolved by the decoder.</param>
    /// <param name="registers">The general registers in encoding order.</param>
    /// <param name="fsBase">FS base.</param>
    /// <param name="gsBase">GS base.</param>
    public static ulong AddressOf(in Instruction instruction, ReadOnlySpan<ulong> registers, ulong fsBase, ulong gsBase)
    {
        var address = EffectiveAddressOf(instruction, registers);
        return instruction.MemorySegment switch
        {
            Register.FS => address + fsBase,
            Register.GS => address + gsBase,
            _ => address,
        };
    }

    /// <summary>The operand's address without the segment base, truncated to 32 bits under an address-size prefix.</summary>
    public static ulong EffectiveAddressOf(in Instruction instruction, ReadOnlySpan<ulong> registers)
    {
        var address = instruction.MemoryDisplacement64;
        var wide = true;
        var @base = instruction.MemoryBase;
        if (@base is Register.RIP or Register.EIP)
        {
            wide = @base == Register.RIP;
        }
        else if (@base != Register.None)
        {
            address += registers[@base.GetNumber()];
            wide = @base.IsGPR64();
        }

        var index = instruction.MemoryIndex;
        if (index.IsGPR())
        {
            address += registers[index.GetNumber()] * (ulong)instruction.MemoryIndexScale;
            wide = index.IsGPR64();
        }

        if (@base == Register.None && index == Register.None && instruction.MemoryDisplSize != 8)
        {
            wide = instruction.MemoryDisplSize != 4 || (long)address < 0 || address <= int.MaxValue;
        }

        return wide ? address : (uint)address;
    }
}
