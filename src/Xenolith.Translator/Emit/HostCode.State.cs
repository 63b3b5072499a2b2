namespace Xenolith.Translator.Emit;

/// <content>Instructions of the fixed thunks that act on single words of the state block.</content>
internal sealed partial class HostCode
{
    /// <summary>mov byte gs:[disp], imm8.</summary>
    public void StoreStateByte(int disp, int value)
    {
        Bytes4(0x65, 0xc6, 0x04, 0x25);
        Int32(disp);
        Byte(value);
    }

    /// <summary>cmp byte gs:[disp], imm8.</summary>
    public void CompareStateByte(int disp, int value)
    {
        Bytes4(0x65, 0x80, 0x3c, 0x25);
        Int32(disp);
        Byte(value);
    }

    /// <summary>cmp dword gs:[disp], imm32.</summary>
    public void CompareState32(int disp, int value)
    {
        Bytes4(0x65, 0x81, 0x3c, 0x25);
        Int32(disp);
        Int32(value);
    }

    /// <summary>cmp qword gs:[disp], imm32 (sign-extended).</summary>
    public void CompareState64(int disp, int value)
    {
        Bytes4(0x65, 0x48, 0x81, 0x3c);
        Byte(0x25);
        Int32(disp);
        Int32(value);
    }

    /// <summary>test dword gs:[disp], imm32.</summary>
    public void TestState32(int disp, int value)
    {
        Bytes4(0x65, 0xf7, 0x04, 0x25);
        Int32(disp);
        Int32(value);
    }

    /// <summary>test byte gs:[disp], imm8.</summary>
    public void TestStateByte(int disp, int value)
    {
        Bytes4(0x65, 0xf6, 0x04, 0x25);
        Int32(disp);
        Byte(value);
    }

    /// <summary>inc qword gs:[disp].</summary>
    public void IncrementState(int disp)
    {
        Bytes4(0x65, 0x48, 0xff, 0x04);
        Byte(0x25);
        Int32(disp);
    }

    /// <summary>pop qword gs:[disp].</summary>
    public void PopState(int disp)
    {
        Bytes4(0x65, 0x8f, 0x04, 0x25);
        Int32(disp);
    }

    /// <summary>push qword gs:[disp].</summary>
    public void PushState(int disp)
    {
        Bytes4(0x65, 0xff, 0x34, 0x25);
        Int32(disp);
    }

    /// <summary>and, or, test, cmp reg32, imm32: <paramref name="operation"/> is the opcode's extension, -1 for test.</summary>
    public void Immediate32(int operation, int reg, int value)
    {
        if (reg >= 8)
        {
            Byte(0x41);
        }

        if (operation < 0)
        {
            Bytes2(0xf7, 0xc0 | (reg & 7));
        }
        else
        {
            Bytes2(0x81, 0xc0 | (operation << 3) | (reg & 7));
        }

        Int32(value);
    }

    /// <summary>wrgsbase reg64.</summary>
    public void WriteGsBase(int reg)
    {
        Bytes4(0xf3, 0x48 | (reg >> 3), 0x0f, 0xae);
        Byte(0xd8 | (reg & 7));
    }
}
