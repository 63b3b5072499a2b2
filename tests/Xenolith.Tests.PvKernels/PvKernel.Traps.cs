using Iced.Intel;
using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <content>Entering and leaving a kernel's handlers.</content>
internal sealed partial class PvKernel
{
    public const ushort CodeSelector = 0xe033, DataSelector = 0xe02b;

    /// <summary>Registers one handler of a vector.</summary>
    public PvKernel Handle(byte vector, Label handler, byte flags = 0)
    {
        var table = Data([vector, flags, (byte)(CodeSelector & 0xff), CodeSelector >> 8, .. new byte[28]]);
        Asm.lea(r15, __[handler]);
        Asm.lea(r14, __[table]);
        Asm.mov(__qword_ptr[r14 + 8], r15);
        return Call(HypercallNumber.SetTrapTable, table);
    }

    /// <summary>At a handler's entry: takes RCX and R11 off the stack, so that the exception frame is on top.</summary>
    public PvKernel Enter(Label handler)
    {
        Asm.Label(ref handler);
        Asm.pop(rcx);
        Asm.pop(r11);
        return this;
    }

    /// <summary>Leaves a handler whose frame (without error code) is on top of the stack, with the iret hypercall.</summary>
    public PvKernel Leave()
    {
        Asm.push(0);
        Asm.push(rcx);
        Asm.push(r11);
        Asm.push(rax);
        Asm.mov(eax, HypercallNumber.Iret);
        Asm.syscall();
        return this;
    }

    /// <summary>Maps a machine frame at a scratch page, writable.</summary>
    public PvKernel Map(ulong page, ulong entry) => Call(HypercallNumber.UpdateVaMapping, Scratch(page), entry, 2UL);

    /// <summary>Maps shared_info at a scratch page.</summary>
    public PvKernel MapSharedInfo(ulong page)
    {
        Asm.mov(rsi, __qword_ptr[rbp + Abi.Boot.StartInfo64.SharedInfo]);
        Asm.or(rsi, 0x63);
        return Call(HypercallNumber.UpdateVaMapping, Scratch(page), null, 2UL);
    }
}
