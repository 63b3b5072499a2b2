using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Decode;
using Xenolith.Translator.Emit;

namespace Xenolith.Translator.Slow;

/// <summary>
/// Runs one guest instruction on the real CPU with the guest's registers loaded and its memory operand redirected: to the operand's host page if
/// it lies in one, or to a bounce buffer if it crosses two. What the instruction means is the CPU's business.
/// </summary>
internal static unsafe class NativeInstruction
{
    private const int Alignment = 64, MaximumOperand = 1024;

    /// <summary>Executes a <see cref="InstructionClass.Copy"/> instruction whose memory operand, if any, is accessed as a whole.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes, InstructionFacts facts)
    {
        if (facts.Has(InstructionTraits.Nop))
        {
            return SlowOutcome.Done;
        }

        if (instruction.Mnemonic == Mnemonic.Lea)
        {
            Operands.Write(ref vcpu.Registers, instruction.Op0Register, OperandMemory.EffectiveAddressOf(instruction, GuestAccess.General(ref vcpu.Registers)));
            return SlowOutcome.Done;
        }

        if (!facts.Has(InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory))
        {
            return RunRewritten(vcpu, instruction, bytes, 0);
        }

        if (instruction.Mnemonic == Mnemonic.Mov && instruction.Code <= Code.Mov_moffs64_RAX && instruction.Code >= Code.Mov_AL_moffs8)
        {
            // An absolute 64-bit address has no ModRM byte to rewrite.
            var size = instruction.MemorySize.GetSize();
            return Operands.Read(vcpu, instruction, 1, size, out var moved) && Operands.Write(vcpu, instruction, 0, size, moved) ? SlowOutcome.Done : SlowOutcome.Exception;
        }

        var access = facts.Has(InstructionTraits.WritesMemory) ? WalkAccess.Write : WalkAccess.Read;
        var address = Operands.AddressOf(vcpu, instruction);
        var length = Math.Max(1, OperandMemory.SizeOf(instruction));
        if (((int)address & (length - 1)) != 0 && AlignedOperands.Requires(instruction, vcpu.Mxcsr))
        {
            // #GP comes before any page fault.
            return Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
        }

        return ExecuteAt(vcpu, instruction, bytes, address, length, access, facts.Has(InstructionTraits.Locked));
    }

    /// <summary>Executes an instruction with its memory operand at a linear address.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="instruction">The instruction.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="address">Linear address of the operand.</param>
    /// <param name="size">Bytes that may be touched; at most two pages.</param>
    /// <param name="access">The strongest access.</param>
    /// <param name="locked">True for a locked access.</param>
    public static SlowOutcome ExecuteAt(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes, ulong address, int size, WalkAccess access, bool locked)
    {
        if (!GuestAccess.CheckCanonical(vcpu, address, size, Operands.UsesStackSegment(instruction))
            || !vcpu.TryTranslate(address, access, out var host, out var mfn))
        {
            return SlowOutcome.Exception;
        }

        vcpu.NoteAccess(address, size, access == WalkAccess.Write);
        var offset = (int)(address & (MachineFrames.PageSize - 1));
        var first = MachineFrames.PageSize - offset;
        if (size <= first)
        {
            var outcome = RunRewritten(vcpu, instruction, bytes, host);
            if (access == WalkAccess.Write)
            {
                vcpu.NoteStore(mfn, offset, size);
            }

            return outcome;
        }

        // A locked access across a page edge cannot be one access in host memory: nobody else may run meanwhile.
        if (locked)
        {
            vcpu.LeaveCache();
            vcpu.Engine.BeginAlone(vcpu);
            try
            {
                // What was translated before may be void by now; from here on who takes it away waits for us.
                vcpu.EnterCache();
                return Cross(vcpu, instruction, bytes, address, size, access);
            }
            finally
            {
                vcpu.LeaveCache();
                vcpu.Engine.EndAlone();
            }
        }

        return Cross(vcpu, instruction, bytes, address, size, access);
    }

    private static SlowOutcome Cross(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes, ulong address, int size, WalkAccess access)
    {
        var offset = (int)(address & (MachineFrames.PageSize - 1));
        var first = MachineFrames.PageSize - offset;
        return vcpu.TryTranslate(address, access, out var host, out var mfn) && vcpu.TryTranslate(address + (ulong)first, access, out var nextHost, out var nextMfn)
            ? Bounce(vcpu, instruction, bytes, access, new Crossing(host, mfn, offset, nextHost, nextMfn, first, size))
            : SlowOutcome.Exception;
    }

    /// <summary>Runs bytes without a memory operand and without displaced registers as they are.</summary>
    public static SlowOutcome Run(VcpuContext vcpu, ReadOnlySpan<byte> bytes)
    {
        vcpu.BeginSnippet().Copy(bytes);
        return Finish(vcpu);
    }

    private static SlowOutcome Bounce(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes, WalkAccess access, Crossing crossing)
    {
        // The buffer has the operand's alignment, so that what requires one faults as it would.
        var memory = stackalloc byte[MaximumOperand + (2 * Alignment)];
        var buffer = (byte*)(((nint)memory + Alignment - 1) & -Alignment) + (crossing.Offset & (Alignment - 1));
        var rest = crossing.Size - crossing.First;
        if (crossing.Size > MaximumOperand)
        {
            return SlowOutcome.Failed;
        }

        // SAFETY: both parts lie in pages translated for this access; the buffer holds the whole operand and an alignment's slack.
        new ReadOnlySpan<byte>((void*)crossing.Host, crossing.First).CopyTo(new Span<byte>(buffer, crossing.First));
        new ReadOnlySpan<byte>((void*)crossing.NextHost, rest).CopyTo(new Span<byte>(buffer + crossing.First, rest));
        var outcome = RunRewritten(vcpu, instruction, bytes, (nint)buffer);
        if (outcome == SlowOutcome.Done && access == WalkAccess.Write)
        {
            new ReadOnlySpan<byte>(buffer, crossing.First).CopyTo(new Span<byte>((void*)crossing.Host, crossing.First));
            new ReadOnlySpan<byte>(buffer + crossing.First, rest).CopyTo(new Span<byte>((void*)crossing.NextHost, rest));
            vcpu.NoteStore(crossing.Mfn, crossing.Offset, crossing.First);
            vcpu.NoteStore(crossing.NextMfn, 0, rest);
        }

        return outcome;
    }

    private static SlowOutcome RunRewritten(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes, nint operand)
    {
        var rewriter = default(InstructionRewriter);
        fixed (byte* start = bytes)
        {
            if (!rewriter.Parse(start, bytes.Length))
            {
                return SlowOutcome.Failed;
            }

            var highByte = UsesHighByte(instruction);
            var renaming = new RegisterRenaming(instruction, highByte);
            renaming.Apply(ref rewriter);
            ref var registers = ref vcpu.Registers;
            renaming.SwapIn(ref registers);
            var savedRsi = registers.Rsi;
            var code = vcpu.BeginSnippet();
            if (highByte && rewriter.HasMemory)
            {
                registers.Rsi = (ulong)operand;
                rewriter.Write(code, InstructionRewriter.MemoryForm.Low);
            }
            else
            {
                code.MoveImmediate64(HostCode.R10, (ulong)operand);
                rewriter.Write(code, InstructionRewriter.MemoryForm.Base);
            }

            var outcome = Finish(vcpu);
            if (highByte && rewriter.HasMemory)
            {
                registers.Rsi = savedRsi;
            }

            renaming.SwapOut(ref registers);
            return outcome;
        }
    }

    private static SlowOutcome Finish(VcpuContext vcpu)
    {
        if (vcpu.EndSnippet())
        {
            return SlowOutcome.Done;
        }

        return vcpu.SnippetTrap switch
        {
            0 or 6 or 16 or 19 => Exceptions.Raise(vcpu, (uint)vcpu.SnippetTrap, 0),
            13 or 17 => Exceptions.Raise(vcpu, (uint)vcpu.SnippetTrap, 0),
            _ => SlowOutcome.Failed,
        };
    }

    private static bool UsesHighByte(in Instruction instruction)
    {
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i) is Register.AH or Register.CH or Register.DH or Register.BH)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Crossing(nint Host, ulong Mfn, int Offset, nint NextHost, ulong NextMfn, int First, int Size);
}
