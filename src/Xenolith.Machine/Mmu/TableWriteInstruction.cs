using System.Buffers.Binary;

namespace Xenolith.Machine.Mmu;

/// <summary>What an instruction does to its memory operand.</summary>
internal enum TableWriteKind
{
    /// <summary>Not one that writes to a page table.</summary>
    None,

    /// <summary>Stores a register or immediate.</summary>
    Store,

    /// <summary>Stores a condition's truth (setcc); <see cref="TableWriteInstruction.Extension"/> is the condition.</summary>
    StoreCondition,

    /// <summary>Stores the accumulator at RDI and moves RDI.</summary>
    StoreString,

    /// <summary>Copies from RSI to RDI and moves both.</summary>
    MoveString,

    /// <summary>xchg.</summary>
    Exchange,

    /// <summary>cmpxchg.</summary>
    CompareExchange,

    /// <summary>cmpxchg8b.</summary>
    CompareExchangePair,

    /// <summary>xadd.</summary>
    ExchangeAdd,

    /// <summary>add, or, adc, sbb, and, sub, xor; <see cref="TableWriteInstruction.Extension"/> is which, 0..6.</summary>
    Arithmetic,

    /// <summary>not (2), neg (3).</summary>
    Unary,

    /// <summary>inc (0), dec (1).</summary>
    Step,

    /// <summary>bts (5), btr (6), btc (7).</summary>
    BitTest,
}

/// <summary>
/// An instruction that writes memory, decoded as far as the emulation of page-table writes needs it (design 4.2 rule 10): the address is
/// the fault's, so only the operation, the sizes and the source are wanted. 64-bit code.
/// </summary>
internal readonly struct TableWriteInstruction
{
    /// <summary>Longest instruction.</summary>
    public const int MaximumLength = 15;

    /// <summary>What it does.</summary>
    public TableWriteKind Kind { get; private init; }

    /// <summary>Which of a kind.</summary>
    public int Extension { get; private init; }

    /// <summary>Bytes of the memory operand: 1, 2, 4 or 8.</summary>
    public int Size { get; private init; }

    /// <summary>Bytes of the instruction.</summary>
    public int Length { get; private init; }

    /// <summary>Register operand by encoding, or -1 when <see cref="Immediate"/> is the source.</summary>
    public int Register { get; private init; }

    /// <summary>True if byte registers 4..7 are AH, CH, DH, BH.</summary>
    public bool HighBytes { get; private init; }

    /// <summary>Immediate source, sign-extended.</summary>
    public ulong Immediate { get; private init; }

    /// <summary>A repeat prefix stands before it.</summary>
    public bool Repeat { get; private init; }

    /// <summary>Decodes; <see cref="Kind"/> is <see cref="TableWriteKind.None"/> for whatever else it is.</summary>
    public static TableWriteInstruction Decode(ReadOnlySpan<byte> code)
    {
        var position = 0;
        var (operandSize, repeat, rex, addressSize) = (4, false, 0, 8);
        for (; position < code.Length; position++)
        {
            var prefix = code[position];
            if (prefix == 0x66)
            {
                operandSize = 2;
            }
            else if (prefix == 0x67)
            {
                addressSize = 4;
            }
            else if (prefix is 0xf2 or 0xf3)
            {
                repeat = true;
            }
            else if (prefix is not (0xf0 or 0x2e or 0x36 or 0x3e or 0x26 or 0x64 or 0x65))
            {
                break;
            }
        }

        if (position < code.Length && (code[position] & 0xf0) == 0x40)
        {
            rex = code[position++];
        }

        if ((rex & 8) != 0)
        {
            operandSize = 8;
        }

        if (position >= code.Length)
        {
            return default;
        }

        int opcode = code[position++];
        if (opcode == 0x0f)
        {
            if (position >= code.Length)
            {
                return default;
            }

            opcode = 0x0f00 | code[position++];
        }

        var row = Row(opcode);
        if (row.Kind == TableWriteKind.None)
        {
            return default;
        }

        var (register, extension) = (0, row.Extension);
        if (row.Operand == Operand.Absolute)
        {
            position += addressSize;
        }
        else if (row.Operand != Operand.Implicit)
        {
            if (position >= code.Length || !TrySkipOperand(code, ref position, out register))
            {
                return default;
            }

            if (row.Operand == Operand.Group)
            {
                extension = register;
                row = Group(opcode, register, row);
                register = -1;
            }
            else
            {
                register |= (rex & 4) << 1;
            }
        }

        var size = row.Byte ? 1 : operandSize;
        var immediateLength = row.Immediate switch { ImmediateKind.None => 0, ImmediateKind.Byte => 1, _ => Math.Min(size, 4) };
        if (row.Kind == TableWriteKind.None || position + immediateLength > code.Length)
        {
            return default;
        }

        return new TableWriteInstruction
        {
            Kind = row.Kind,
            Extension = extension,
            Size = row.Kind == TableWriteKind.CompareExchangePair ? 8 : size,
            Length = position + immediateLength,
            Register = immediateLength != 0 ? -1 : register,
            HighBytes = row.Byte && rex == 0,
            Immediate = ReadImmediate(code.Slice(position, immediateLength)),
            Repeat = repeat,
        };
    }

    private static ulong ReadImmediate(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => 0,
        1 => (ulong)(sbyte)bytes[0],
        2 => (ulong)BinaryPrimitives.ReadInt16LittleEndian(bytes),
        _ => (ulong)BinaryPrimitives.ReadInt32LittleEndian(bytes),
    };

    /// <summary>Steps over ModRM, SIB and displacement of a memory operand; false for a register operand.</summary>
    private static bool TrySkipOperand(ReadOnlySpan<byte> code, ref int position, out int register)
    {
        var modRm = code[position++];
        register = (modRm >> 3) & 7;
        var (mode, memory) = (modRm >> 6, modRm & 7);
        if (mode == 3)
        {
            return false;
        }

        if (memory == 4)
        {
            if (position >= code.Length)
            {
                return false;
            }

            memory = code[position++] & 7;
        }

        position += mode switch { 0 => memory == 5 ? 4 : 0, 1 => 1, _ => 4 };
        return true;
    }

    private static OpcodeRow Row(int opcode) => opcode switch
    {
        0x88 or 0x89 or 0x0fc3 => new(TableWriteKind.Store, Operand.Memory, opcode == 0x88),
        0xc6 or 0xc7 => new(TableWriteKind.Store, Operand.Group, opcode == 0xc6, ImmediateKind.Full),
        0xa2 or 0xa3 => new(TableWriteKind.Store, Operand.Absolute, opcode == 0xa2),
        0xaa or 0xab => new(TableWriteKind.StoreString, Operand.Implicit, opcode == 0xaa),
        0xa4 or 0xa5 => new(TableWriteKind.MoveString, Operand.Implicit, opcode == 0xa4),
        0x86 or 0x87 => new(TableWriteKind.Exchange, Operand.Memory, opcode == 0x86),
        0x0fb0 or 0x0fb1 => new(TableWriteKind.CompareExchange, Operand.Memory, opcode == 0x0fb0),
        0x0fc0 or 0x0fc1 => new(TableWriteKind.ExchangeAdd, Operand.Memory, opcode == 0x0fc0),
        0x0fc7 => new(TableWriteKind.CompareExchangePair, Operand.Group, false),
        < 0x38 when (opcode & 6) == 0 => new(TableWriteKind.Arithmetic, Operand.Memory, (opcode & 1) == 0, Extension: opcode >> 3),
        0x80 or 0x81 or 0x83 => new(TableWriteKind.Arithmetic, Operand.Group, opcode == 0x80, opcode == 0x81 ? ImmediateKind.Full : ImmediateKind.Byte),
        0xf6 or 0xf7 => new(TableWriteKind.Unary, Operand.Group, opcode == 0xf6),
        0xfe or 0xff => new(TableWriteKind.Step, Operand.Group, opcode == 0xfe),
        0x0fab or 0x0fb3 or 0x0fbb => new(TableWriteKind.BitTest, Operand.Memory, false, Extension: (opcode >> 3) & 7),
        0x0fba => new(TableWriteKind.BitTest, Operand.Group, false, ImmediateKind.Byte),
        >= 0x0f90 and <= 0x0f9f => new(TableWriteKind.StoreCondition, Operand.Memory, true, Extension: opcode & 15),
        _ => default,
    };

    /// <summary>Opcodes whose ModRM register field chooses the operation: those choices that do not write are none.</summary>
    private static OpcodeRow Group(int opcode, int choice, OpcodeRow row)
    {
        var writes = row.Kind switch
        {
            TableWriteKind.Store => choice == 0,
            TableWriteKind.CompareExchangePair => choice == 1,
            TableWriteKind.Arithmetic => choice != 7,
            TableWriteKind.Unary => choice is 2 or 3,
            TableWriteKind.Step => choice is 0 or 1,
            _ => choice >= 5,
        };
        return writes ? row : default;
    }

    private enum Operand
    {
        Implicit,
        Absolute,
        Memory,
        Group,
    }

    private enum ImmediateKind
    {
        None,
        Byte,
        Full,
    }

    private readonly record struct OpcodeRow(
        TableWriteKind Kind, Operand Operand, bool Byte, ImmediateKind Immediate = ImmediateKind.None, int Extension = 0);
}
