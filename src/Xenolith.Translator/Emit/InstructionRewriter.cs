namespace Xenolith.Translator.Emit;

/// <summary>
/// Takes an instruction's bytes apart and writes them again with other registers and another memory operand: the heart of
/// "copy, don't lower". Knows encodings (legacy and VEX), not meanings.
/// </summary>
internal unsafe struct InstructionRewriter
{
    /// <summary>Where the rewritten memory operand lies.</summary>
    internal enum MemoryForm
    {
        /// <summary>[r10 + r11].</summary>
        Sum,

        /// <summary>[r10].</summary>
        Base,

        /// <summary>[r11 + <see cref="InstructionRewriter.Displacement"/>].</summary>
        Displaced,

        /// <summary>[rsi]: for high-byte registers, which exclude a REX prefix.</summary>
        Low,
    }

    private byte _lock, _repeat, _operandSize, _addressSize, _rex, _vex;
    private byte _vexWide, _vexTail;
    private byte* _tail;
    private int _tailLength;

    /// <summary>Opcode map: 0 one-byte, 1 0F, 2 0F38, 3 0F3A.</summary>
    public int Map { get; private set; }

    /// <summary>The opcode byte.</summary>
    public int Opcode { get; private set; }

    /// <summary>True if a ModRM byte follows the opcode.</summary>
    public bool HasModRm { get; private set; }

    /// <summary>The mode field, 3 for a register.</summary>
    public int Mode { get; private set; }

    /// <summary>The reg field with its extension bit.</summary>
    public int Reg { get; set; }

    /// <summary>The rm field with its extension bit (meaningful for a register), or the register in the opcode.</summary>
    public int Rm { get; set; }

    /// <summary>The displacement of <see cref="MemoryForm.Displaced"/>.</summary>
    public int Displacement { get; set; }

    /// <summary>The register in VEX.vvvv.</summary>
    public int Third { get; set; }

    /// <summary>True for a VEX encoding.</summary>
    public readonly bool IsVex => _vex != 0;

    /// <summary>True if the memory operand is not a register.</summary>
    public readonly bool HasMemory => HasModRm && Mode != 3;

    /// <summary>True if the low bits of the opcode name a register.</summary>
    public readonly bool RegisterInOpcode => !HasModRm && !IsVex
        && ((Map == 0 && Opcode is (>= 0x90 and <= 0x97) or (>= 0xb0 and <= 0xbf) or (>= 0x50 and <= 0x5f)) || (Map == 1 && Opcode is >= 0xc8 and <= 0xcf));

    /// <summary>True if the reg field extends the opcode.</summary>
    public readonly bool RegIsOpcode => Map switch
    {
        0 => Opcode is (>= 0x80 and <= 0x83) or 0x8f or 0xc0 or 0xc1 or 0xc6 or 0xc7 or (>= 0xd0 and <= 0xd3) or (>= 0xd8 and <= 0xdf) or 0xf6 or 0xf7 or 0xfe or 0xff,
        1 => Opcode is 0x00 or 0x01 or 0x0d or (>= 0x18 and <= 0x1f) or (>= 0x71 and <= 0x73) or 0xae or 0xba or 0xc7,
        2 => IsVex && Opcode == 0xf3,
        _ => false,
    };

    /// <summary>True if the reg field names a general register although the instruction has vector operands.</summary>
    public readonly bool RegIsGeneralAmongVectors => Map == 1 && Opcode is 0x50 or 0xd7 or 0xc5 or 0x2c or 0x2d;

    /// <summary>Parses one valid instruction. False for an encoding it does not know (EVEX, XOP).</summary>
    public bool Parse(byte* bytes, int length)
    {
        // SAFETY: the caller vouches for a whole valid instruction of `length` bytes; the walk below follows the encoding and ends inside it.
        this = default;
        var at = bytes;
        for (; IsPrefix(*at); at++)
        {
            // A REX prefix that another prefix follows is none: it counts right before the opcode only.
            _rex = 0;
            switch (*at)
            {
                case 0x66: _operandSize = 0x66; break;
                case 0xf2: case 0xf3: _repeat = *at; break;
                case 0xf0: _lock = 0xf0; break;
                case 0x67: _addressSize = 0x67; break;
                case >= 0x40 and <= 0x4f: _rex = *at; break;
            }
        }

        int r = (_rex & 4) << 1, x = 0, b = (_rex & 1) << 3;
        switch (*at)
        {
            case 0x62:
                return false;
            case 0xc5:
                _vex = 2;
                r = (~at[1] & 0x80) >> 4;
                Third = (~at[1] >> 3) & 15;
                _vexTail = (byte)(at[1] & 7);
                Map = 1;
                Opcode = at[2];
                at += 3;
                b = 0;
                break;
            case 0xc4:
                _vex = 3;
                r = (~at[1] & 0x80) >> 4;
                x = ~at[1] & 0x40;
                b = (~at[1] & 0x20) >> 2;
                Map = at[1] & 31;
                if (Map is 0 or > 3)
                {
                    return false;
                }

                _vexWide = (byte)(at[2] & 0x80);
                Third = (~at[2] >> 3) & 15;
                _vexTail = (byte)(at[2] & 7);
                Opcode = at[3];
                at += 4;
                break;
            case 0x0f when at[1] == 0x38:
                Map = 2;
                Opcode = at[2];
                at += 3;
                break;
            case 0x0f when at[1] == 0x3a:
                Map = 3;
                Opcode = at[2];
                at += 3;
                break;
            case 0x0f:
                Map = 1;
                Opcode = at[1];
                at += 2;
                break;
            case 0x8f when (at[1] & 31) >= 8:
                return false;
            default:
                Opcode = *at++;
                break;
        }

        _ = x;
        HasModRm = HasModRmByte();
        if (HasModRm)
        {
            var modRm = *at++;
            Mode = modRm >> 6;
            Reg = r | ((modRm >> 3) & 7);
            Rm = b | (modRm & 7);
            if (Mode != 3)
            {
                var @base = modRm & 7;
                if (@base == 4)
                {
                    @base = *at++ & 7;
                    at += Mode == 0 && @base == 5 ? 4 : 0;
                }
                else if (Mode == 0 && @base == 5)
                {
                    at += 4;
                }

                at += Mode == 1 ? 1 : Mode == 2 ? 4 : 0;
            }
        }
        else
        {
            Rm = b | (Opcode & 7);
        }

        _tail = at;
        _tailLength = (int)(bytes + length - at);
        return _tailLength >= 0;
    }

    /// <summary>Writes the instruction with the registers as they are set now.</summary>
    public readonly void Write(HostCode code, MemoryForm form)
    {
        int x = 0, b;
        if (HasMemory)
        {
            x = form == MemoryForm.Sum ? 2 : 0;
            b = form == MemoryForm.Low ? 0 : 1;
        }
        else
        {
            b = Rm >> 3;
        }

        if (IsVex)
        {
            WriteVex(code, x, b);
        }
        else
        {
            WriteLegacy(code, x, b);
        }

        if (HasModRm)
        {
            var reg = (Reg & 7) << 3;
            if (Mode == 3)
            {
                code.Byte(0xc0 | reg | (Rm & 7));
            }
            else if (form == MemoryForm.Sum)
            {
                code.Bytes2(reg | 4, 0x1a);
            }
            else if (form == MemoryForm.Displaced)
            {
                code.Memory(Reg, HostCode.R11, Displacement);
            }
            else
            {
                code.Byte(reg | (form == MemoryForm.Base ? 2 : 6));
            }
        }

        code.Copy(new ReadOnlySpan<byte>(_tail, _tailLength));
    }

    private readonly void WriteLegacy(HostCode code, int x, int b)
    {
        if (_lock != 0)
        {
            code.Byte(_lock);
        }

        if (_operandSize != 0)
        {
            code.Byte(_operandSize);
        }

        if (_addressSize != 0 && !HasMemory)
        {
            code.Byte(_addressSize);
        }

        if (_repeat != 0)
        {
            code.Byte(_repeat);
        }

        var r = HasModRm && Reg >= 8 ? 4 : 0;
        var rex = (_rex & 8) | r | x | b;
        if (rex != 0 || _rex != 0)
        {
            code.Byte(0x40 | rex);
        }

        switch (Map)
        {
            case 1: code.Byte(0x0f); break;
            case 2: code.Bytes2(0x0f, 0x38); break;
            case 3: code.Bytes2(0x0f, 0x3a); break;
        }

        code.Byte(RegisterInOpcode ? (Opcode & 0xf8) | (Rm & 7) : Opcode);
    }

    private readonly void WriteVex(HostCode code, int x, int b)
    {
        var r = Reg >= 8 ? 0 : 0x80;
        var third = (~Third & 15) << 3;
        if (_vex == 2 && x == 0 && b == 0)
        {
            code.Bytes3(0xc5, r | third | _vexTail, Opcode);
            return;
        }

        code.Bytes4(0xc4, r | (x != 0 ? 0 : 0x40) | (b != 0 ? 0 : 0x20) | Map, _vexWide | third | _vexTail, Opcode);
    }

    private static bool IsPrefix(byte octet) =>
        octet is 0x66 or 0x67 or 0xf0 or 0xf2 or 0xf3 or 0x26 or 0x2e or 0x36 or 0x3e or 0x64 or 0x65 or (>= 0x40 and <= 0x4f);

    private readonly bool HasModRmByte() => IsVex
        ? !(Map == 1 && Opcode == 0x77)
        : Map switch
        {
            0 => Opcode switch
            {
                < 0x40 => (Opcode & 7) < 4,
                0x62 or 0x63 or 0x69 or 0x6b or 0xc0 or 0xc1 or 0xc4 or 0xc5 or 0xc6 or 0xc7 or 0xf6 or 0xf7 or 0xfe or 0xff => true,
                (>= 0x80 and <= 0x8f) or (>= 0xd0 and <= 0xd3) or (>= 0xd8 and <= 0xdf) => true,
                _ => false,
            },
            1 => Opcode is not ((>= 0x04 and <= 0x0c) or 0x0e or (>= 0x30 and <= 0x37) or 0x77 or (>= 0x80 and <= 0x8f)
                or (>= 0xa0 and <= 0xa2) or (>= 0xa8 and <= 0xaa) or (>= 0xc8 and <= 0xcf)),
            _ => true,
        };
}
