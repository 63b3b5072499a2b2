using System.Runtime.CompilerServices;
using Iced.Intel;

namespace Xenolith.Translator.Emit;

/// <summary>What kinds of register operands an instruction names.</summary>
internal readonly struct RegisterOperands
{
    /// <summary>Bit n: general register n is an operand (not part of an address).</summary>
    public int General { get; private init; }

    /// <summary>Those of <see cref="General"/> that the instruction may write.</summary>
    public int Written { get; private init; }

    /// <summary>Those whose old value the instruction needs, or keeps a part of.</summary>
    public int Read { get; private init; }

    /// <summary>A vector, MMX or other register is an operand.</summary>
    public bool Vectors { get; private init; }

    /// <summary>ah, ch, dh or bh is an operand.</summary>
    public bool HighByte { get; private init; }

    /// <summary>Looks at the operands.</summary>
    public static RegisterOperands Of(in Instruction instruction)
    {
        int general = 0, written = 0, read = 0;
        bool vectors = false, high = false;
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Register)
            {
                continue;
            }

            var register = instruction.GetOpRegister(i);
            if (register is >= Register.AH and <= Register.BH)
            {
                high = true;
                general |= 1 << (register - Register.AH);
            }
            else if (register.IsGPR())
            {
                var bit = 1 << register.GetFullRegister().GetNumber();
                general |= bit;
                var replaces = Replaces(instruction, i) && register.GetSize() >= 4;
                read |= replaces ? 0 : bit;
                written |= replaces || Writes(instruction, i) ? bit : 0;
            }
            else
            {
                vectors = true;
            }
        }

        return new RegisterOperands { General = general, Written = written, Read = read, Vectors = vectors, HighByte = high };
    }

    // Explicit register operands behind the first are sources, but for these.
    private static bool Writes(in Instruction instruction, int operand) => operand == 0
        ? instruction.Mnemonic switch
        {
            Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Bt or Mnemonic.Mul or Mnemonic.Div or Mnemonic.Idiv => false,
            Mnemonic.Imul => instruction.OpCount > 1,
            _ => true,
        }
        : operand == 1 && instruction.Mnemonic is Mnemonic.Xchg or Mnemonic.Xadd or Mnemonic.Mulx;

    // A full register written without a look at its old value.
    private static bool Replaces(in Instruction instruction, int operand) => instruction.Mnemonic switch
    {
        Mnemonic.Mov or Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Popcnt or Mnemonic.Lzcnt or Mnemonic.Tzcnt
            or Mnemonic.Rorx or Mnemonic.Shlx or Mnemonic.Shrx or Mnemonic.Sarx or Mnemonic.Andn or Mnemonic.Pext or Mnemonic.Pdep
            or Mnemonic.Movd or Mnemonic.Movq or Mnemonic.Pmovmskb => operand == 0,
        Mnemonic.Imul => operand == 0 && instruction.OpCount == 3,
        Mnemonic.Mulx => operand <= 1,
        _ => false,
    };
}

/// <summary>Which fields of an instruction name displaced registers. RSP is renamed to r9 at once; r9, r10 and r11 wait for a home.</summary>
internal struct RenamePlan
{
    private const int RegField = 1, RmField = 2, ThirdField = 4;

    private readonly int _general, _written, _read;
    private Three _guests;
    private Three _fields;

    [InlineArray(3)]
    private struct Three
    {
        private int _first;
    }

    /// <summary>Number of distinct registers that live in the state block.</summary>
    public int Count { get; private set; }

    /// <summary>Makes the plan.</summary>
    public RenamePlan(ref InstructionRewriter rewriter, RegisterOperands operands)
    {
        _general = operands.General;
        _written = operands.Written;
        _read = operands.Read;
        const int displaced = (1 << 4) | (1 << 9) | (1 << 10) | (1 << 11);
        if ((operands.General & displaced) == 0 || operands.HighByte)
        {
            return;
        }

        var regIsGeneral = rewriter.HasModRm && !rewriter.RegIsOpcode && (!operands.Vectors || rewriter.RegIsGeneralAmongVectors);
        var rmIsGeneral = rewriter.HasModRm
            ? rewriter.Mode == 3 && (!operands.Vectors || !rewriter.RegIsGeneralAmongVectors)
            : rewriter.RegisterInOpcode;
        var thirdIsGeneral = rewriter.IsVex && !operands.Vectors;
        if (regIsGeneral)
        {
            rewriter.Reg = Note(rewriter.Reg, RegField);
        }

        if (rmIsGeneral)
        {
            rewriter.Rm = Note(rewriter.Rm, RmField);
        }

        if (thirdIsGeneral)
        {
            rewriter.Third = Note(rewriter.Third, ThirdField);
        }
    }

    /// <summary>A guest register of the plan.</summary>
    public readonly int Guest(int index) => _guests[index];

    /// <summary>True if the operation needs the register's value.</summary>
    public readonly bool IsRead(int index) => (_read & (1 << _guests[index])) != 0;

    /// <summary>True if the operation may change the register.</summary>
    public readonly bool IsWritten(int index) => (_written & (1 << _guests[index])) != 0;

    /// <summary>Gives a register its home for the operation.</summary>
    public readonly void Rename(ref InstructionRewriter rewriter, int index, int home)
    {
        var fields = _fields[index];
        if ((fields & RegField) != 0)
        {
            rewriter.Reg = home;
        }

        if ((fields & RmField) != 0)
        {
            rewriter.Rm = home;
        }

        if ((fields & ThirdField) != 0)
        {
            rewriter.Third = home;
        }
    }

    /// <summary>A host register that the instruction does not use, for borrowing. rdx is implicit in mulx, rax and rcx in others.</summary>
    public readonly int Free(int skip)
    {
        for (var register = 15; register >= 12; register--)
        {
            if ((_general & (1 << register)) == 0 && skip-- == 0)
            {
                return register;
            }
        }

        throw new InvalidOperationException("an instruction names more registers than it has fields");
    }

    private int Note(int number, int field)
    {
        if (number == HostCode.Rsp)
        {
            return HostCode.R9;
        }

        if (number is < 9 or > 11 || (_general & (1 << number)) == 0)
        {
            return number;
        }

        for (var i = 0; i < Count; i++)
        {
            if (_guests[i] == number)
            {
                _fields[i] |= field;
                return number;
            }
        }

        _guests[Count] = number;
        _fields[Count++] = field;
        return number;
    }
}
