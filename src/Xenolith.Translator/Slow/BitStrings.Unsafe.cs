using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Slow;

/// <summary>
/// bt, bts, btr and btc with a memory operand and a register index, which may name a bit up to 2^60 bytes away. The operand-sized unit
/// that the CPU accesses is checked; the change itself is made on the byte that holds the bit, which never crosses a page.
/// </summary>
internal static unsafe class BitStrings
{
    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction, InstructionFacts facts)
    {
        ref var registers = ref vcpu.Registers;
        var size = instruction.Op1Register.GetSize();
        var raw = (long)Operands.Read(ref registers, instruction.Op1Register);
        var index = size switch { 2 => (short)raw, 4 => (int)raw, _ => raw };
        var unitBits = 8 * size;
        var unit = OperandMemory.EffectiveAddressOf(instruction, GuestAccess.General(ref registers))
            + (ulong)((index >> System.Numerics.BitOperations.Log2((uint)unitBits)) * size);
        unit = instruction.MemoryBase.IsGPR32() || instruction.MemoryIndex.IsGPR32() ? (uint)unit : unit;
        unit += Operands.SegmentBase(vcpu, instruction);
        var access = facts.Has(InstructionTraits.WritesMemory) ? WalkAccess.Write : WalkAccess.Read;
        if (!GuestAccess.Probe(vcpu, unit, size, access, Operands.UsesStackSegment(instruction)))
        {
            return SlowOutcome.Exception;
        }

        vcpu.NoteAccess(unit, size, access == WalkAccess.Write);
        var bit = (int)index & (unitBits - 1);
        var address = unit + (ulong)(bit >> 3);
        var mask = (byte)(1 << (bit & 7));
        if (!vcpu.TryTranslate(address, access, out var host, out var mfn))
        {
            return SlowOutcome.Exception;
        }

        // SAFETY: one byte of a page that was just translated for this access.
        ref var target = ref *(byte*)host;
        byte before;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Bt:
                before = Volatile.Read(ref target);
                break;
            case Mnemonic.Bts:
                before = Change(ref target, mask, 0);
                break;
            case Mnemonic.Btr:
                before = Change(ref target, mask, mask);
                break;
            default:
                before = Toggle(ref target, mask);
                break;
        }

        if (access == WalkAccess.Write)
        {
            vcpu.NoteStore(mfn, (int)(address & (MachineFrames.PageSize - 1)), 1);
        }

        registers.Rflags = (registers.Rflags & ~Condition.Carry) | ((before & mask) != 0 ? Condition.Carry : 0);
        return SlowOutcome.Done;
    }

    private static byte Change(ref byte target, byte set, byte clear)
    {
        while (true)
        {
            var before = Volatile.Read(ref target);
            if (Interlocked.CompareExchange(ref target, (byte)((before | set) & ~clear), before) == before)
            {
                return before;
            }
        }
    }

    private static byte Toggle(ref byte target, byte mask)
    {
        while (true)
        {
            var before = Volatile.Read(ref target);
            if (Interlocked.CompareExchange(ref target, (byte)(before ^ mask), before) == before)
            {
                return before;
            }
        }
    }
}
