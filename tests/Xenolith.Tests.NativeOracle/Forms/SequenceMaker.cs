using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>
/// Straight pieces of code with forward jumps: what single instructions cannot show - flags that live across memory accesses and branches, values in
/// displaced registers, superblocks. Three registers stay pointers, so that most accesses hit; a fault ends the piece on both sides alike.
/// </summary>
internal sealed class SequenceMaker
{
    private const int MostTries = 40, MostSkipped = 3;
    private static readonly Register[] s_pointers = [Register.RSP, Register.R10, Register.RBP];
    private static readonly Code[] s_codes = [.. CodeList.Comparable().Where(IsUsable)];
    private static readonly Code[] s_branches = [.. CodeList.Comparable().Where(c => c.FlowControl() == FlowControl.ConditionalBranch && c.ToOpCode().GetOpKind(0) == OpCodeOperandKind.br64_1)];
    private readonly InstructionInfoFactory _info = new();
    private GuestFlags _undefined;
    private int _mayBeSkipped;

    /// <summary>Flags that the last instructions left undefined.</summary>
    public GuestFlags Undefined => _undefined;

    /// <summary>Makes code of at most <paramref name="length"/> instructions at the state's RIP.</summary>
    public byte[] Make(Random random, int length, MachineState state)
    {
        _undefined = GuestFlags.None;
        foreach (var pointer in s_pointers)
        {
            state.General[pointer.GetNumber()] = AddressMap.Data + 0x1000 + (ulong)(random.Next(64) * 16);
        }

        state.FsBase = state.GsBase = 0x100;
        state.Rflags &= ~0x400UL;
        var parts = new List<(byte[] Bytes, bool Branch)>();
        for (var i = 0; i < length; i++)
        {
            var part = random.Next(8) == 0 ? Branch(random) : Ordinary(random);
            if (part.Bytes != null)
            {
                parts.Add((part.Bytes, part.Branch));
            }
        }

        LinkBranches(parts, random);
        return [.. parts.SelectMany(part => part.Bytes)];
    }

    private (byte[]? Bytes, bool Branch) Branch(Random random)
    {
        var code = s_branches[random.Next(s_branches.Length)];
        var instruction = Instruction.CreateBranch(code, 0x1000);
        var facts = InstructionTable.Of(instruction);
        if ((facts.FlagsRead & _undefined) != 0 || _info.GetInfo(instruction).GetUsedRegisters().Any(IsPointerWrite))
        {
            return default;
        }

        _mayBeSkipped = MostSkipped;
        var writer = new BytesWriter();
        return Encoder.Create(64, writer).TryEncode(instruction, 0x1000, out _, out _) ? (writer.ToArray(), true) : default;
    }

    private (byte[]? Bytes, bool Branch) Ordinary(Random random)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            // Integer instructions are few among all codes but most of what runs.
            var code = s_codes[random.Next(s_codes.Length)];
            if (random.Next(4) != 0 && code.CpuidFeatures()[0] > CpuidFeature.X64)
            {
                continue;
            }

            var instruction = new Instruction { Code = code };
            if (!Fill(ref instruction, random))
            {
                continue;
            }

            var facts = InstructionTable.Of(instruction);
            if ((facts.FlagsRead & _undefined) != 0 || facts.FlagsWritten.HasFlag(GuestFlags.Direction)
                || _info.GetInfo(instruction).GetUsedRegisters().Any(IsPointerWrite))
            {
                continue;
            }

            var writer = new BytesWriter();
            if (!Encoder.Create(64, writer).TryEncode(instruction, 0x5000_0000, out _, out _))
            {
                continue;
            }

            // What a branch may skip defines nothing.
            _undefined &= _mayBeSkipped-- > 0 ? GuestFlags.Arithmetic : ~(facts.FlagsKilled & ~facts.FlagsUndefined);
            _undefined |= facts.FlagsUndefined;
            return (writer.ToArray(), false);
        }

        return default;
    }

    private static bool Fill(ref Instruction instruction, Random random)
    {
        var opCode = instruction.Code.ToOpCode();
        var memory = random.Next(3) != 0;
        var highBytes = random.Next(6) == 0;
        for (var i = 0; i < opCode.OpCount; i++)
        {
            if (!OperandMaker.Fill(ref instruction, i, opCode.GetOpKind(i), random, memory, highBytes))
            {
                return false;
            }

            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                instruction.MemoryBase = s_pointers[random.Next(s_pointers.Length)];
                instruction.MemoryIndex = Register.None;
                instruction.MemoryIndexScale = 1;
                instruction.MemoryDisplacement64 = (ulong)(long)(random.Next(-8, 24) * 16);
                instruction.MemoryDisplSize = 8;
                instruction.SegmentPrefix = random.Next(6) == 0 ? Register.GS : Register.None;
                instruction.HasLockPrefix = i == 0 && opCode.CanUseLockPrefix && random.Next(3) == 0;
            }
        }

        return true;
    }

    // A branch skips up to three of the following parts.
    private static void LinkBranches(List<(byte[] Bytes, bool Branch)> parts, Random random)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Branch)
            {
                var distance = parts.Skip(i + 1).Take(random.Next(MostSkipped + 1)).Sum(part => part.Bytes.Length);
                parts[i].Bytes[^1] = (byte)distance;
            }
        }
    }

    private static bool IsPointerWrite(UsedRegister used) =>
        used.Access is not (OpAccess.Read or OpAccess.CondRead or OpAccess.None or OpAccess.NoMemAccess) && used.Register.IsGPR()
        && Array.IndexOf(s_pointers, used.Register.GetFullRegister()) >= 0;

    private static bool IsUsable(Code code)
    {
        var facts = InstructionTable.Compute(new Instruction { Code = code });
        return facts.Class == InstructionClass.Copy && code.Mnemonic() is not (Mnemonic.Div or Mnemonic.Idiv) && !KnownDifferences.StoresPointers(code.Mnemonic())
            && Enumerable.Range(0, code.ToOpCode().OpCount).All(i => !code.ToOpCode().GetOpKind(i).ToString().StartsWith("mem_vsib", StringComparison.Ordinal));
    }

    private sealed class BytesWriter : CodeWriter
    {
        private readonly List<byte> _bytes = [];

        public override void WriteByte(byte value) => _bytes.Add(value);

        public byte[] ToArray() => [.. _bytes];
    }
}
