using System.Buffers.Binary;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>Chooses addressing modes, and then register values that make them hit the wanted address.</summary>
internal static class AddressMaker
{
    /// <summary>Gives an instruction a random addressing mode; the address comes later, from <see cref="Aim"/>.</summary>
    public static void Fill(ref Instruction instruction, int index, Random random)
    {
        instruction.SetOpKind(index, OpKind.Memory);
        instruction.SegmentPrefix = random.Next(6) switch { 0 => Register.FS, 1 => Register.GS, _ => Register.None };
        var narrow = random.Next(10) == 0;
        var first = narrow ? Register.EAX : Register.RAX;
        var mode = random.Next(12);
        if (mode == 0)
        {
            instruction.MemoryBase = Register.RIP;
            instruction.MemoryDisplSize = 8;
            return;
        }

        if (mode == 1)
        {
            instruction.MemoryDisplSize = 8;
            instruction.MemoryDisplacement64 = AddressMap.Data;
            return;
        }

        // The registers that the translator moves about deserve half of the cases.
        ReadOnlySpan<int> displaced = [4, 5, 9, 10, 11, 12, 13];
        if (mode != 2)
        {
            instruction.MemoryBase = first + (random.Next(2) == 0 ? displaced[random.Next(displaced.Length)] : random.Next(16));
        }

        if (mode is 2 or > 7)
        {
            var number = random.Next(2) == 0 ? displaced[random.Next(displaced.Length)] : random.Next(16);
            instruction.MemoryIndex = first + (number == 4 ? 15 : number);
            instruction.MemoryIndexScale = 1 << random.Next(4);
        }

        var wide = mode == 2 || random.Next(3) == 0;
        if (wide || random.Next(2) == 0)
        {
            instruction.MemoryDisplacement64 = (ulong)(long)(wide ? random.Next(-70000, 70000) : random.Next(-128, 128));
            instruction.MemoryDisplSize = wide ? (narrow ? 4 : 8) : 1;
            if (narrow)
            {
                instruction.MemoryDisplacement64 = (uint)instruction.MemoryDisplacement64;
            }
        }
    }

    /// <summary>A vector-index operand.</summary>
    public static void FillVectorIndex(ref Instruction instruction, int index, Random random, Register first)
    {
        instruction.SetOpKind(index, OpKind.Memory);
        instruction.MemoryBase = Register.RAX + random.Next(16);
        instruction.MemoryIndex = first + random.Next(16);
        instruction.MemoryIndexScale = 1 << random.Next(4);
        instruction.MemoryDisplacement64 = (ulong)(long)random.Next(-128, 128);
        instruction.MemoryDisplSize = 1;
    }

    /// <summary>Makes the elements of a vector index small, so that gathers stay near their base; a wild one now and then faults.</summary>
    public static void ShortenVectorIndex(in Instruction instruction, MachineState state, Random random)
    {
        if (instruction.MemoryIndex is < Register.XMM0 or > Register.YMM31)
        {
            return;
        }

        var elementSize = instruction.Mnemonic is Mnemonic.Vgatherdps or Mnemonic.Vgatherdpd or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq ? 4 : 8;
        var register = state.Vectors.AsSpan(32 * (instruction.MemoryIndex.GetNumber() & 15), 32);
        for (var i = 0; i < 32; i += elementSize)
        {
            BinaryPrimitives.WriteInt32LittleEndian(register[i..], random.Next(12) == 0 ? random.Next(0, 100_000) : random.Next(0, 200));
            register.Slice(i + 4 - (elementSize == 4 ? 4 : 0), elementSize == 4 ? 0 : 4).Clear();
        }
    }

    /// <summary>Sets registers (or the displacement) so that the memory operand's linear address becomes the wanted one where the mode allows it.</summary>
    public static void Aim(ref Instruction instruction, MachineState state, ulong target)
    {
        var segment = instruction.MemorySegment switch { Register.FS => state.FsBase, Register.GS => state.GsBase, _ => 0UL };
        target -= segment;
        if (instruction.MemoryBase == Register.RIP || (instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None))
        {
            instruction.MemoryDisplacement64 = target;
            return;
        }

        if (instruction.MemoryIndex is >= Register.XMM0 and <= Register.YMM31)
        {
            state.General[instruction.MemoryBase.GetNumber()] = target - instruction.MemoryDisplacement64;
            return;
        }

        var narrow = (instruction.MemoryBase == Register.None ? instruction.MemoryIndex : instruction.MemoryBase).IsGPR32();
        var scale = (ulong)instruction.MemoryIndexScale;
        if (instruction.MemoryBase == Register.None)
        {
            state.General[instruction.MemoryIndex.GetNumber()] = (target - instruction.MemoryDisplacement64) / scale;
            return;
        }

        var number = instruction.MemoryBase.GetNumber();
        ulong offset = 0;
        if (instruction.MemoryIndex.IsGPR())
        {
            if (instruction.MemoryIndex.GetNumber() == number)
            {
                state.General[number] = (target - instruction.MemoryDisplacement64) / (scale + 1);
                return;
            }

            ref var indexValue = ref state.General[instruction.MemoryIndex.GetNumber()];
            indexValue = (ulong)(sbyte)indexValue;
            offset = (narrow ? (uint)indexValue : indexValue) * scale;
        }

        state.General[number] = target - offset - instruction.MemoryDisplacement64;
        if (narrow)
        {
            state.General[number] = (uint)state.General[number];
        }
    }
}
