using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>Makes runnable forms of an instruction code from Iced's encoding tables: operands, a state to run on, and a landing after every way out.</summary>
internal static class FormMaker
{
    /// <summary>Makes one form, or null if the random choices do not encode.</summary>
    public static InstructionForm? Make(Code code, Random random, bool memory)
    {
        var opCode = code.ToOpCode();
        var instruction = new Instruction { Code = code };
        var state = StateMaker.Random(random);
        var highBytes = random.Next(4) == 0;
        for (var i = 0; i < opCode.OpCount; i++)
        {
            var kind = opCode.GetOpKind(i);
            if (kind is OpCodeOperandKind.br64_1 or OpCodeOperandKind.br64_4)
            {
                instruction.SetOpKind(i, OpKind.NearBranch64);
                instruction.NearBranch64 = state.Rip + (ulong)(random.Next(2) == 0 ? random.Next(-0x30, 0) : random.Next(16, 0x70));
            }
            else if (!OperandMaker.Fill(ref instruction, i, kind, random, memory, highBytes))
            {
                return null;
            }
        }

        if (memory && opCode.CanUseLockPrefix && instruction.GetOpKind(0) == OpKind.Memory && random.Next(2) == 0)
        {
            instruction.HasLockPrefix = true;
        }

        if (opCode.CanUseRepPrefix && instruction.IsStringInstruction)
        {
            instruction.HasRepPrefix = random.Next(3) == 0;
            instruction.HasRepnePrefix = !instruction.HasRepPrefix && opCode.CanUseRepnePrefix && random.Next(2) == 0;
        }

        Registers(instruction, state, random);
        if (HasMemory(instruction))
        {
            AddressMaker.ShortenVectorIndex(instruction, state, random);
            AddressMaker.Aim(ref instruction, state, Target(instruction, random));
        }

        var bytes = Encode(ref instruction, state.Rip);
        if (bytes == null || ExtendedAreas.NamesHostComponents(instruction, state))
        {
            return null;
        }

        var image = MemoryImage.Random(random);
        bytes.CopyTo(image.At(state.Rip, bytes.Length));
        Pointers(instruction, state, image, random);
        ExtendedAreas.Prepare(instruction, state, image, random);
        return new InstructionForm(instruction, bytes, state, image);
    }

    public static bool HasMemory(in Instruction instruction)
    {
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }

    private static byte[]? Encode(ref Instruction instruction, ulong rip)
    {
        var writer = new ByteWriter();
        var encoder = Encoder.Create(64, writer);
        if (!encoder.TryEncode(instruction, rip, out _, out _))
        {
            return null;
        }

        var bytes = writer.ToArray();
        var decoder = Decoder.Create(64, bytes, rip);
        decoder.Decode(out var decoded);
        if (decoded.Code != instruction.Code || decoded.Length != bytes.Length)
        {
            return null;
        }

        instruction = decoded;
        return bytes;
    }

    private static ulong Target(in Instruction instruction, Random random)
    {
        var size = ExtendedAreas.IsAreaOperand(instruction) ? ExtendedAreas.Size : Math.Max(1, OperandMemory.SizeOf(instruction));
        if (size > 64 && random.Next(8) != 0)
        {
            return random.Next(4) == 0 ? AddressMap.Data + AddressMap.Page - (ulong)(random.Next(1, size / 64) * 64) : AddressMap.Data + (ulong)(random.Next(32) * 64);
        }

        var crossing = (ulong)random.Next(1, Math.Max(2, size));
        return random.Next(16) switch
        {
            0 => AddressMap.Data + AddressMap.Page - crossing,
            1 => AddressMap.Hole - crossing,
            2 => AddressMap.ReadOnlyData - crossing,
            3 => AddressMap.ReadOnlyData + (ulong)(random.Next(8) * 64),
            4 => AddressMap.Data + AddressMap.Page - crossing,
            < 12 => AddressMap.Data + 0x800 + (ulong)(random.Next(32) * 64),
            _ => AddressMap.Data + 0x800 + (ulong)random.Next(0x400),
        };
    }

    // Registers that instructions use without naming them.
    private static void Registers(in Instruction instruction, MachineState state, Random random)
    {
        if (instruction.IsStringInstruction || instruction.Mnemonic is Mnemonic.Maskmovq or Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu)
        {
            state.FsBase = random.Next(4) == 0 ? 0x100u : 0;
            state.GsBase = 0;
            state.General[6] = Where(random);
            state.General[7] = random.Next(4) == 0 ? state.General[6] + (ulong)random.Next(-20, 20) : Where(random);
            state.General[1] = (ulong)random.Next(random.Next(4) == 0 ? 3000 : 40);
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Xlatb:
                state.General[3] = AddressMap.Data + 0x800;
                break;
            case Mnemonic.Clzero:
                state.General[0] = AddressMap.Data + 0x900;
                break;
            case Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64
                or Mnemonic.Xrstor or Mnemonic.Xrstor64:
                // Only components that host and guest both have enabled.
                state.General[0] = (ulong)random.Next(8);
                state.General[2] = 0;
                break;
            case Mnemonic.Leave or Mnemonic.Enter:
                state.General[5] = AddressMap.Data + 0x2000 + (ulong)random.Next(0x400);
                break;
            case Mnemonic.Div or Mnemonic.Idiv when random.Next(2) == 0:
                state.General[2] = 0;
                state.General[0] = (uint)random.Next();
                break;
            default:
                break;
        }
    }

    private static ulong Where(Random random) => random.Next(8) switch
    {
        0 => AddressMap.Hole - (ulong)random.Next(64),
        1 => AddressMap.ReadOnlyData - (ulong)random.Next(64),
        _ => AddressMap.Data + 0x800 + (ulong)random.Next(0x2000),
    };

    // Code addresses for indirect branches and returns.
    private static void Pointers(in Instruction instruction, MachineState state, MemoryImage image, Random random)
    {
        var landing = BitConverter.GetBytes(AddressMap.Code + 0x800 + (ulong)random.Next(256));
        if (instruction.Mnemonic == Mnemonic.Ret)
        {
            state.General[4] = AddressMap.Data + 0x2000;
            landing.CopyTo(image.At(state.General[4], 8));
        }
        else if (instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall)
        {
            if (instruction.Op0Kind == OpKind.Register)
            {
                state.General[instruction.Op0Register.GetNumber()] = BitConverter.ToUInt64(landing);
                return;
            }

            var address = OperandMemory.AddressOf(instruction, state.General, state.FsBase, state.GsBase);
            if (AddressMap.Regions.Any(r => address - r.Address < (ulong)r.Size - 8))
            {
                landing.CopyTo(image.At(address, 8));
            }
        }
    }

    private sealed class ByteWriter : CodeWriter
    {
        private readonly List<byte> _bytes = [];

        public override void WriteByte(byte value) => _bytes.Add(value);

        public byte[] ToArray() => [.. _bytes];
    }
}
