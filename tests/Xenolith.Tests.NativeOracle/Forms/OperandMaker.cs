using Iced.Intel;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>Fills one operand of an instruction at random, by the kind that its encoding asks for.</summary>
internal static class OperandMaker
{
    private static readonly Register[] s_highBytes = [Register.AH, Register.CH, Register.DH, Register.BH];

    /// <summary>Sets operand <paramref name="index"/>; false for a kind that no form is made of (control registers, far pointers, ...).</summary>
    public static bool Fill(ref Instruction instruction, int index, OpCodeOperandKind kind, Random random, bool memory, bool highBytes)
    {
        switch (kind)
        {
            case OpCodeOperandKind.mem or OpCodeOperandKind.mem_mib:
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem when memory:
            case OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem when memory:
                AddressMaker.Fill(ref instruction, index, random);
                return true;
            case OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib64x:
                AddressMaker.FillVectorIndex(ref instruction, index, random, Register.XMM0);
                return true;
            case OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64y:
                AddressMaker.FillVectorIndex(ref instruction, index, random, Register.YMM0);
                return true;
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode:
                return Put(ref instruction, index, Byte(random, highBytes));
            case OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r16_rm:
                return Put(ref instruction, index, Register.AX + Number(random, highBytes));
            case OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_vvvv:
                return Put(ref instruction, index, Register.EAX + Number(random, highBytes));
            case OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_vvvv:
                return Put(ref instruction, index, Register.RAX + Number(random, highBytes));
            case OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm:
                return Put(ref instruction, index, Register.MM0 + random.Next(8));
            case OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_vvvv
                or OpCodeOperandKind.xmm_is4 or OpCodeOperandKind.xmm_is5:
                return Put(ref instruction, index, Register.XMM0 + random.Next(16));
            case OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_rm or OpCodeOperandKind.ymm_vvvv
                or OpCodeOperandKind.ymm_is4 or OpCodeOperandKind.ymm_is5:
                return Put(ref instruction, index, Register.YMM0 + random.Next(16));
            case OpCodeOperandKind.sti_opcode:
                return Put(ref instruction, index, Register.ST0 + random.Next(8));
            default:
                return Immediate(ref instruction, index, kind, random) || Fixed(ref instruction, index, kind) || Implicit(ref instruction, index, kind, random);
        }
    }

    private static bool Immediate(ref Instruction instruction, int index, OpCodeOperandKind kind, Random random)
    {
        switch (kind)
        {
            case OpCodeOperandKind.imm8:
                instruction.SetOpKind(index, instruction.OpCount > 1 && index > 0 && instruction.GetOpKind(index - 1) == OpKind.Immediate16 ? OpKind.Immediate8_2nd : OpKind.Immediate8);
                instruction.Immediate8 = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(9));
                return true;
            case OpCodeOperandKind.imm8_const_1:
                instruction.SetOpKind(index, OpKind.Immediate8);
                instruction.Immediate8 = 1;
                return true;
            case OpCodeOperandKind.imm8sex16:
                instruction.SetOpKind(index, OpKind.Immediate8to16);
                instruction.Immediate8to16 = (sbyte)random.Next(256);
                return true;
            case OpCodeOperandKind.imm8sex32:
                instruction.SetOpKind(index, OpKind.Immediate8to32);
                instruction.Immediate8to32 = (sbyte)random.Next(256);
                return true;
            case OpCodeOperandKind.imm8sex64:
                instruction.SetOpKind(index, OpKind.Immediate8to64);
                instruction.Immediate8to64 = (sbyte)random.Next(256);
                return true;
            case OpCodeOperandKind.imm16:
                instruction.SetOpKind(index, OpKind.Immediate16);
                instruction.Immediate16 = (ushort)(instruction.Mnemonic is Mnemonic.Ret or Mnemonic.Enter ? random.Next(64) * 8 : random.Next(65536));
                return true;
            case OpCodeOperandKind.imm32:
                instruction.SetOpKind(index, OpKind.Immediate32);
                instruction.Immediate32 = (uint)random.NextInt64();
                return true;
            case OpCodeOperandKind.imm32sex64:
                instruction.SetOpKind(index, OpKind.Immediate32to64);
                instruction.Immediate32to64 = (int)random.NextInt64();
                return true;
            case OpCodeOperandKind.imm64:
                instruction.SetOpKind(index, OpKind.Immediate64);
                instruction.Immediate64 = (ulong)random.NextInt64();
                return true;
            default:
                return false;
        }
    }

    private static bool Fixed(ref Instruction instruction, int index, OpCodeOperandKind kind)
    {
        var register = kind switch
        {
            OpCodeOperandKind.al => Register.AL,
            OpCodeOperandKind.cl => Register.CL,
            OpCodeOperandKind.ax => Register.AX,
            OpCodeOperandKind.dx => Register.DX,
            OpCodeOperandKind.eax => Register.EAX,
            OpCodeOperandKind.rax => Register.RAX,
            OpCodeOperandKind.st0 => Register.ST0,
            OpCodeOperandKind.fs => Register.FS,
            OpCodeOperandKind.gs => Register.GS,
            _ => Register.None,
        };
        return register != Register.None && Put(ref instruction, index, register);
    }

    private static bool Implicit(ref Instruction instruction, int index, OpCodeOperandKind kind, Random random)
    {
        var narrow = random.Next(8) == 0;
        switch (kind)
        {
            case OpCodeOperandKind.seg_rSI:
                instruction.SetOpKind(index, narrow ? OpKind.MemorySegESI : OpKind.MemorySegRSI);
                return true;
            case OpCodeOperandKind.es_rDI:
                var other = index > 0 && instruction.GetOpKind(0) is OpKind.MemorySegESI or OpKind.MemorySegRSI ? instruction.GetOpKind(0) == OpKind.MemorySegESI : narrow;
                instruction.SetOpKind(index, other ? OpKind.MemoryESEDI : OpKind.MemoryESRDI);
                return true;
            case OpCodeOperandKind.seg_rDI:
                instruction.SetOpKind(index, narrow ? OpKind.MemorySegEDI : OpKind.MemorySegRDI);
                return true;
            case OpCodeOperandKind.seg_rBX_al:
                instruction.SetOpKind(index, OpKind.Memory);
                instruction.MemoryBase = narrow ? Register.EBX : Register.RBX;
                instruction.MemoryIndex = Register.AL;
                return true;
            default:
                return false;
        }
    }

    private static bool Put(ref Instruction instruction, int index, Register register)
    {
        instruction.SetOpKind(index, OpKind.Register);
        instruction.SetOpRegister(index, register);
        return true;
    }

    private static int Number(Random random, bool highBytes) => random.Next(highBytes ? 8 : 16);

    private static Register Byte(Random random, bool highBytes)
    {
        if (highBytes)
        {
            var number = random.Next(8);
            return number < 4 ? Register.AL + number : s_highBytes[number - 4];
        }

        return random.Next(16) is var n && n < 4 ? Register.AL + n : Register.SPL + (n - 4);
    }
}
