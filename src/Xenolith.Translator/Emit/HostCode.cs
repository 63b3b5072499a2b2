using System.Runtime.CompilerServices;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Writes host machine code into a buffer whose executable address differs from its writable one by a constant. Registers are numbered as
/// encoded (0 rax .. 15 r15). Only the forms that the translator's own glue needs; guest instructions are copied by <see cref="InstructionRewriter"/>.
/// </summary>
internal sealed unsafe partial class HostCode
{
    /// <summary>Scratch registers of emitted code, and the host home of the guest's RSP.</summary>
    public const int R9 = 9, R10 = 10, R11 = 11;

    /// <summary>Encoded numbers of the registers that the glue names.</summary>
    public const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7;

    private byte* _at;
    private byte* _end;

    /// <summary>Executable address minus writable address.</summary>
    public nint Delta { get; private set; }

    /// <summary>Starts writing at a place.</summary>
    public void Start(nint writable, nint end, nint delta)
    {
        _at = (byte*)writable;
        _end = (byte*)end;
        Delta = delta;
    }

    /// <summary>Writable address of the next byte.</summary>
    public nint Position
    {
        get => (nint)_at;
        set => _at = (byte*)value;
    }

    /// <summary>Executable address of the next byte.</summary>
    public nint Executable => (nint)_at + Delta;

    /// <summary>Bytes left in the buffer.</summary>
    public nint Room => (nint)(_end - _at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(int value) => *_at++ = (byte)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes2(int a, int b)
    {
        // SAFETY: the block emitter checks Room for a whole instruction before it starts one; so do all writes here.
        *(ushort*)_at = (ushort)(a | (b << 8));
        _at += 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes3(int a, int b, int c)
    {
        *(uint*)_at = (uint)(a | (b << 8) | (c << 16));
        _at += 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes4(int a, int b, int c, int d)
    {
        *(uint*)_at = (uint)(a | (b << 8) | (c << 16) | (d << 24));
        _at += 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Int32(int value)
    {
        *(int*)_at = value;
        _at += 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Int64(long value)
    {
        *(long*)_at = value;
        _at += 8;
    }

    /// <summary>Copies bytes.</summary>
    public void Copy(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(_at, bytes.Length));
        _at += bytes.Length;
    }

    /// <summary>mov reg64, gs:[disp].</summary>
    public void LoadState(int reg, int disp) => StateOp(0x8b, reg, disp, wide: true);

    /// <summary>mov gs:[disp], reg64.</summary>
    public void StoreState(int disp, int reg) => StateOp(0x89, reg, disp, wide: true);

    /// <summary>mov reg32, gs:[disp].</summary>
    public void LoadState32(int reg, int disp) => StateOp(0x8b, reg, disp, wide: false);

    /// <summary>mov gs:[disp], reg32.</summary>
    public void StoreState32(int disp, int reg) => StateOp(0x89, reg, disp, wide: false);

    /// <summary>mov dword gs:[disp], imm32.</summary>
    public void StoreStateImmediate32(int disp, int value)
    {
        Bytes4(0x65, 0xc7, 0x04, 0x25);
        Int32(disp);
        Int32(value);
    }

    /// <summary>Any one-byte opcode with a register and gs:[disp].</summary>
    public void StateOp(int opcode, int reg, int disp, bool wide)
    {
        Byte(0x65);
        var rex = 0x40 | (wide ? 8 : 0) | ((reg >> 3) << 2);
        if (rex != 0x40)
        {
            Byte(rex);
        }

        Bytes3(opcode, 0x04 | ((reg & 7) << 3), 0x25);
        Int32(disp);
    }

    /// <summary>mov dst64, src64.</summary>
    public void Move(int dst, int src) => Bytes3(0x48 | ((src >> 3) << 2) | (dst >> 3), 0x89, 0xc0 | ((src & 7) << 3) | (dst & 7));

    /// <summary>mov dst32, src32 (zero-extends).</summary>
    public void Move32(int dst, int src) => Bytes3(0x40 | ((src >> 3) << 2) | (dst >> 3), 0x89, 0xc0 | ((src & 7) << 3) | (dst & 7));

    /// <summary>Loads a constant by the shortest form that keeps flags.</summary>
    public void MoveImmediate(int reg, ulong value)
    {
        if (value <= uint.MaxValue)
        {
            if (reg >= 8)
            {
                Byte(0x41);
            }

            Byte(0xb8 | (reg & 7));
            Int32((int)value);
        }
        else if ((long)value == (int)value)
        {
            Bytes3(0x48 | (reg >> 3), 0xc7, 0xc0 | (reg & 7));
            Int32((int)value);
        }
        else
        {
            MoveImmediate64(reg, value);
        }
    }

    /// <summary>mov reg64, imm64, always ten bytes; the constant is the last eight.</summary>
    public void MoveImmediate64(int reg, ulong value)
    {
        Bytes2(0x48 | (reg >> 3), 0xb8 | (reg & 7));
        Int64((long)value);
    }

    /// <summary>cmp reg64, value; destroys the scratch register if the value has more than 32 bits with its sign.</summary>
    public void Compare(int reg, ulong value, int scratch)
    {
        if ((long)value == (int)value)
        {
            Bytes3(0x48 | (reg >> 3), 0x81, 0xf8 | (reg & 7));
            Int32((int)value);
        }
        else
        {
            MoveImmediate64(scratch, value);
            Bytes3(0x48 | ((scratch >> 3) << 2) | (reg >> 3), 0x39, 0xc0 | ((scratch & 7) << 3) | (reg & 7));
        }
    }

    /// <summary>lea dst64, [base + disp]; keeps flags.</summary>
    public void Lea(int dst, int @base, int disp)
    {
        Bytes2(0x48 | ((dst >> 3) << 2) | (@base >> 3), 0x8d);
        Memory(dst, @base, disp);
    }

    /// <summary>lea dst64, [base + index]; keeps flags. The index is not rsp.</summary>
    public void LeaSum(int dst, int @base, int index)
    {
        Bytes2(0x48 | ((dst >> 3) << 2) | ((index >> 3) << 1) | (@base >> 3), 0x8d);
        if ((@base & 7) == 5)
        {
            Bytes3(0x44 | ((dst & 7) << 3), ((index & 7) << 3) | (@base & 7), 0);
        }
        else
        {
            Bytes2(0x04 | ((dst & 7) << 3), ((index & 7) << 3) | (@base & 7));
        }
    }

    /// <summary>mov dst64, [base + disp].</summary>
    public void Load(int dst, int @base, int disp)
    {
        Bytes2(0x48 | ((dst >> 3) << 2) | (@base >> 3), 0x8b);
        Memory(dst, @base, disp);
    }

    /// <summary>mov dst32, [base + disp].</summary>
    public void Load32(int dst, int @base, int disp)
    {
        Bytes2(0x40 | ((dst >> 3) << 2) | (@base >> 3), 0x8b);
        Memory(dst, @base, disp);
    }

    /// <summary>mov [base + disp], src64.</summary>
    public void Store(int @base, int disp, int src)
    {
        Bytes2(0x48 | ((src >> 3) << 2) | (@base >> 3), 0x89);
        Memory(src, @base, disp);
    }

    /// <summary>ModRM, SIB and displacement of [base + disp].</summary>
    public void Memory(int reg, int @base, int disp)
    {
        var low = (reg & 7) << 3;
        var mode = disp == 0 && (@base & 7) != 5 ? 0 : disp == (sbyte)disp ? 0x40 : 0x80;
        Byte(mode | low | (@base & 7));
        if ((@base & 7) == 4)
        {
            Byte(0x24);
        }

        if (mode == 0x40)
        {
            Byte(disp);
        }
        else if (mode == 0x80)
        {
            Int32(disp);
        }
    }

    /// <summary>jmp rel32 to an executable address.</summary>
    public void Jump(nint target)
    {
        Byte(0xe9);
        Relative(target);
    }

    /// <summary>call rel32 to an executable address.</summary>
    public void Call(nint target)
    {
        Byte(0xe8);
        Relative(target);
    }

    /// <summary>jcc rel32; returns the writable address of the displacement.</summary>
    public nint JumpIf(int condition, nint target = 0)
    {
        Bytes2(0x0f, 0x80 | condition);
        var site = Position;
        Relative(target);
        return site;
    }

    /// <summary>jmp rel32 with its displacement filled in later; returns the writable address of the displacement.</summary>
    public nint JumpLater()
    {
        Byte(0xe9);
        var site = Position;
        Int32(0);
        return site;
    }

    /// <summary>call rel32 with its displacement filled in later; returns the writable address of the displacement.</summary>
    public nint CallLater()
    {
        Byte(0xe8);
        var site = Position;
        Int32(0);
        return site;
    }

    /// <summary>jcc rel8 with its displacement filled in by <see cref="Here8"/>.</summary>
    public nint JumpIf8(int opcode)
    {
        Bytes2(opcode, 0);
        return Position - 1;
    }

    /// <summary>Makes a rel8 jump lead here.</summary>
    public void Here8(nint site) => *(byte*)site = (byte)(Position - site - 1);

    /// <summary>Makes a rel32 site (of this or another buffer with the same delta) lead to an executable address.</summary>
    public void Link(nint site, nint target) => *(int*)site = (int)(target - (site + Delta + 4));

    private void Relative(nint target) => Int32((int)(target - (Executable + 4)));

    /// <summary>
    /// nops so that the four bytes that begin <paramref name="ahead"/> bytes further on lie in one aligned quadword: every processor then reads the old or the new
    /// ones while they are changed.
    /// </summary>
    public void KeepTogether(int ahead)
    {
        var place = (int)((nint)_at + ahead) & 7;
        Pad(place > 4 ? 8 - place : 0);
    }

    /// <summary>nops so that the byte <paramref name="ahead"/> bytes further on has an aligned address (a power of two).</summary>
    public void AlignAhead(int ahead, int alignment) => Pad((int)(-((nint)_at + ahead) & (alignment - 1)));

    private void Pad(int padding)
    {
        while (padding > 0)
        {
            switch (padding)
            {
                case 1: Byte(0x90); padding -= 1; break;
                case 2: Bytes2(0x66, 0x90); padding -= 2; break;
                case 3: Bytes3(0x0f, 0x1f, 0x00); padding -= 3; break;
                case 4: case 5: case 6: Bytes4(0x0f, 0x1f, 0x40, 0x00); padding -= 4; break;
                default: Bytes3(0x0f, 0x1f, 0x80); Int32(0); padding -= 7; break;
            }
        }
    }
}
