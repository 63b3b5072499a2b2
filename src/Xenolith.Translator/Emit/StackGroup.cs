using Iced.Intel;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Instructions in a row of which several use the stack, at offsets from RSP that are known, and none leaves for C# in between: one check of the
/// soft TLB does for all of them. Prologues and epilogues are such.
/// </summary>
/// <param name="First">Index of the first instruction in its block.</param>
/// <param name="End">Index behind the last.</param>
/// <param name="Lowest">Lowest byte used, from RSP at the start.</param>
/// <param name="Size">Bytes from the lowest to behind the highest.</param>
/// <param name="Writes">True if any of them is written.</param>
/// <param name="Polls">True if the last one must read the poll pointer.</param>
internal readonly record struct StackGroup(int First, int End, int Lowest, int Size, bool Writes, bool Polls)
{
    private const int Word = 8, MostBytes = 120;
    private const int Displaced = (1 << HostCode.R9) | (1 << HostCode.R10) | (1 << HostCode.R11), StackPointer = 1 << HostCode.Rsp;

    /// <summary>The group that begins at an instruction; <see cref="End"/> is 0 if there is none.</summary>
    public static StackGroup At(DecodedBlock block, int first)
    {
        if (block.Facts[first].Class != InstructionClass.Stack)
        {
            return default;
        }

        int moved = 0, low = 0, high = 0, accesses = 0, end = first;
        bool writes = false, polls = false;
        for (var i = first; i < block.Count; i++)
        {
            ref readonly var instruction = ref block.Instructions[i];
            var use = UseOf(instruction, block.Facts[i]);
            if (use == Use.Other)
            {
                break;
            }

            if (use == Use.None)
            {
                continue;
            }

            var push = use is Use.Push or Use.Call;
            moved -= push ? Word : 0;
            if (Math.Max(high, moved + Word) - Math.Min(low, moved) > MostBytes)
            {
                break;
            }

            (low, high) = (Math.Min(low, moved), Math.Max(high, moved + Word));
            moved += push ? 0 : Word;
            writes |= push;
            accesses++;
            end = i + 1;
            if (use is Use.Call or Use.Return)
            {
                polls = use == Use.Return || instruction.NearBranchTarget <= instruction.IP;
                break;
            }
        }

        // From RSP downwards for pushes, upwards for pops: whatever lies between is in use too, or is skipped over.
        return accesses < 2 ? default : new StackGroup(first, end, low, high - low, writes, polls);
    }

    private enum Use
    {
        Other,
        None,
        Push,
        Pop,
        Call,
        Return,
    }

    private static Use UseOf(in Instruction instruction, InstructionFacts facts)
    {
        switch (facts.Class)
        {
            case InstructionClass.Stack when Math.Abs(instruction.StackPointerIncrement) == Word && instruction.OpCount == 1:
                var plain = instruction.Op0Kind != OpKind.Memory && instruction.Op0Register != Register.RSP;
                return !plain ? Use.Other : instruction.Mnemonic == Mnemonic.Push ? Use.Push : instruction.Mnemonic == Mnemonic.Pop ? Use.Pop : Use.Other;
            case InstructionClass.ControlFlow when instruction.FlowControl == FlowControl.Call && instruction.Op0Kind == OpKind.NearBranch64:
                return Use.Call;
            case InstructionClass.ControlFlow when instruction.Code is Code.Retnq or Code.Retnq_imm16:
                return Use.Return;
            case InstructionClass.Copy when !facts.Has(~(InstructionTraits.AddressOnly | InstructionTraits.Nop)) && IsPlain(instruction, facts):
                return Use.None;
            default:
                return Use.Other;
        }
    }

    // Its host code leaves r11 and RSP's home alone.
    private static bool IsPlain(in Instruction instruction, InstructionFacts facts)
    {
        var operands = RegisterOperands.Of(instruction);
        if (operands.HighByte || operands.Vectors || (operands.Written & StackPointer) != 0)
        {
            return false;
        }

        if (facts.Has(InstructionTraits.AddressOnly))
        {
            return instruction.Mnemonic == Mnemonic.Lea && instruction.MemoryIndex.GetFullRegister() is not (Register.R9 or Register.R10 or Register.R11);
        }

        return System.Numerics.BitOperations.PopCount((uint)(operands.General & Displaced)) <= 1;
    }
}
