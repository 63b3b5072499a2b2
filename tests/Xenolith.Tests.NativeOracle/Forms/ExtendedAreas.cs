using System.Buffers.Binary;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>Areas for XRSTOR and FXRSTOR that the CPU accepts most of the time: random bytes are refused for their reserved bits.</summary>
internal static class ExtendedAreas
{
    public const int Size = 832;

    public static bool IsAreaOperand(in Instruction instruction) => instruction.Mnemonic is Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsavec or Mnemonic.Xsavec64
        or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 || IsRestore(instruction);

    /// <summary>True if an address in RAX or RDX asks for components that only the host has.</summary>
    public static bool NamesHostComponents(in Instruction instruction, MachineState state) =>
        IsAreaOperand(instruction) && instruction.Mnemonic is not Mnemonic.Fxrstor and not Mnemonic.Fxrstor64 && ((uint)state.General[0] > 7 || (uint)state.General[2] != 0);

    /// <summary>Fills the area that a restore instruction is about to read.</summary>
    public static void Prepare(in Instruction instruction, MachineState state, MemoryImage image, Random random)
    {
        if (!IsAreaOperand(instruction))
        {
            return;
        }

        var address = OperandMemory.AddressOf(instruction, state.General, state.FsBase, state.GsBase);
        if (address < AddressMap.Data || address + Size > AddressMap.Hole)
        {
            return;
        }

        var other = StateMaker.Random(random);
        var area = ExtendedArea.From(other, Size);
        if (random.Next(4) == 0 && instruction.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(ExtendedArea.Header + 8), (1UL << 63) | 7);
        }

        area[ExtendedArea.Header] = (byte)random.Next(random.Next(4) == 0 ? 32 : 8);
        area.CopyTo(image.At(address, Size));
    }

    private static bool IsRestore(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64;
}
