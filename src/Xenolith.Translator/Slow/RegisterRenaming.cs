using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Emit;

namespace Xenolith.Translator.Slow;

/// <summary>
/// Gives the guest's r9, r10 and r11, whose host registers mean something else in emitted code, the place of registers that the instruction
/// does not use; guest RSP is host r9 there. Values are swapped in the vCPU's registers around the run.
/// </summary>
internal struct RegisterRenaming
{
    private const int GuestRsp = 4, FirstDisplaced = 9, LastDisplaced = 11;

    // Stands in for RSP beside a high-byte register, which excludes the prefix that r9 needs (crc32 esp, dh).
    private const int LowSubstitute = 5;

    // No instruction uses these implicitly (rax, rcx, rdx, rbx and rdi are used by some).
    private static ReadOnlySpan<byte> Candidates => [15, 14, 13, 12, 8, 6, 5];

    private readonly bool _regIsGeneral, _rmIsGeneral, _thirdIsGeneral;
    private readonly bool _highByte;
    private int _taken;
    private bool _swapsRsp;
    private RegisterTriple _substitutes;

    /// <summary>Looks at the operands.</summary>
    public RegisterRenaming(in Instruction instruction, bool highByte)
    {
        _highByte = highByte;
        var encoding = instruction.OpCode;
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Register || !instruction.GetOpRegister(i).IsGPR())
            {
                continue;
            }

            if (instruction.GetOpRegister(i) is Register.AH or Register.CH or Register.DH or Register.BH)
            {
                // Its field's number is that of another register.
                continue;
            }

            _taken |= 1 << instruction.GetOpRegister(i).GetFullRegister().GetNumber();
            switch (encoding.GetOpKind(i))
            {
                case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg
                    or OpCodeOperandKind.r16_reg_mem or OpCodeOperandKind.r32_reg_mem or OpCodeOperandKind.r64_reg_mem:
                    _regIsGeneral = true;
                    break;
                case OpCodeOperandKind.r32_vvvv or OpCodeOperandKind.r64_vvvv:
                    _thirdIsGeneral = true;
                    break;
                default:
                    _rmIsGeneral = true;
                    break;
            }
        }
    }

    /// <summary>Renames the fields that name displaced registers.</summary>
    public void Apply(ref InstructionRewriter rewriter)
    {
        rewriter.Reg = _regIsGeneral ? Rename(rewriter.Reg) : rewriter.Reg;
        rewriter.Third = _thirdIsGeneral ? Rename(rewriter.Third) : rewriter.Third;
        rewriter.Rm = _rmIsGeneral && !rewriter.HasMemory ? Rename(rewriter.Rm) : rewriter.Rm;
    }

    /// <summary>Puts the displaced values into their substitutes; the substitutes' own values wait in the displaced slots.</summary>
    public readonly void SwapIn(ref VcpuRegisters registers) => Swap(ref registers);

    /// <summary>Undoes <see cref="SwapIn"/>, with the values that the instruction left.</summary>
    public readonly void SwapOut(ref VcpuRegisters registers) => Swap(ref registers);

    private readonly void Swap(ref VcpuRegisters registers)
    {
        var general = GuestAccess.General(ref registers);
        if (_swapsRsp)
        {
            (general[GuestRsp], general[LowSubstitute]) = (general[LowSubstitute], general[GuestRsp]);
        }

        for (var guest = FirstDisplaced; guest <= LastDisplaced; guest++)
        {
            var substitute = _substitutes[guest - FirstDisplaced];
            if (substitute != 0)
            {
                (general[guest], general[substitute]) = (general[substitute], general[guest]);
            }
        }
    }

    private int Rename(int guest)
    {
        if (guest == GuestRsp)
        {
            _swapsRsp = _highByte;
            return _highByte ? LowSubstitute : FirstDisplaced;
        }

        if (guest is < FirstDisplaced or > LastDisplaced)
        {
            return guest;
        }

        ref var substitute = ref _substitutes[guest - FirstDisplaced];
        foreach (var candidate in Candidates)
        {
            if (substitute == 0 && (_taken & (1 << candidate)) == 0)
            {
                substitute = candidate;
                _taken |= 1 << candidate;
            }
        }

        return substitute;
    }

    [System.Runtime.CompilerServices.InlineArray(3)]
    private struct RegisterTriple
    {
        private byte _first;
    }
}
