using System.Runtime.InteropServices;
using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Machine.Traps;

namespace Xenolith.Machine.Privileged;

/// <summary>
/// Segment loads, far transfers and selector tests that an engine cannot decide without the guest's descriptor tables. At CPL3, in both of the guest's modes.
/// </summary>
internal static class SegmentInstructions
{
    private const ulong ZeroFlag = 0x40, IretFlags = 0x0025_4dd5;

    /// <summary>True if the instruction is one of these.</summary>
    public static bool Handles(in Instruction instruction) => instruction.Mnemonic
        is Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Verr or Mnemonic.Verw or Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq or Mnemonic.Retf
        or Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs
        || (instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Pop && instruction.Op0Register.IsSegmentRegister())
        || (instruction.Mnemonic is Mnemonic.Jmp or Mnemonic.Call && instruction.MemorySize is MemorySize.SegPtr16 or MemorySize.SegPtr32 or MemorySize.SegPtr64);

    public static EmulationResult Execute(Vcpu vcpu, in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Mov:
                return OperandAccess.TryRead(vcpu, in instruction, 1, 2, out var moved) ? Load(vcpu, instruction.Op0Register, (ushort)moved) : Fault(vcpu);
            case Mnemonic.Pop:
                return PopSegment(vcpu, in instruction);
            case Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs:
                return LoadFarPointer(vcpu, in instruction);
            case Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Verr or Mnemonic.Verw:
                return Test(vcpu, in instruction);
            case Mnemonic.Iretq:
                return ReturnFromInterrupt(vcpu);
            case Mnemonic.Retf when instruction.StackPointerIncrement >= 16:
                return FarReturn(vcpu, in instruction);
            case Mnemonic.Jmp or Mnemonic.Call:
                return FarTransfer(vcpu, in instruction);
            default:
                return EmulationResult.Refused;
        }
    }

    private static EmulationResult Load(Vcpu vcpu, Register register, ushort selector)
    {
        ref var registers = ref vcpu.Registers;
        if (register == Register.SS)
        {
            if (!SegmentLoads.IsStack(vcpu, selector, longMode: true))
            {
                return Inject(vcpu, Exceptions.GeneralProtection, selector);
            }

            registers.Ss = selector;
            return EmulationResult.Done;
        }

        if (SegmentLoads.CheckData(vcpu, selector, out var segmentBase) is { } vector)
        {
            return Inject(vcpu, vector, selector);
        }

        switch (register)
        {
            case Register.DS:
                registers.Ds = selector;
                return EmulationResult.Done;
            case Register.ES:
                registers.Es = selector;
                return EmulationResult.Done;
            case Register.FS:
                registers.Fs = selector;
                registers.FsBase = segmentBase;
                return EmulationResult.Done;
            case Register.GS:
                registers.Gs = selector;
                registers.GsBase = segmentBase;
                return EmulationResult.Done;
            default:
                return EmulationResult.Undefined;
        }
    }

    private static EmulationResult PopSegment(Vcpu vcpu, in Instruction instruction)
    {
        if (!vcpu.TryReadGuest<ushort>(vcpu.Registers.Rsp, out var selector))
        {
            return Fault(vcpu);
        }

        var result = Load(vcpu, instruction.Op0Register, selector);
        if (result == EmulationResult.Done)
        {
            vcpu.Registers.Rsp += (ulong)instruction.StackPointerIncrement;
        }

        return result;
    }

    private static EmulationResult LoadFarPointer(Vcpu vcpu, in Instruction instruction)
    {
        var size = instruction.Op0Register.GetSize();
        var address = OperandAccess.AddressOf(vcpu, in instruction);
        if (!OperandAccess.TryRead(vcpu, address, size, out var offset) || !vcpu.TryReadGuest<ushort>(address + (ulong)size, out var selector))
        {
            return Fault(vcpu);
        }

        var segment = instruction.Mnemonic switch { Mnemonic.Lss => Register.SS, Mnemonic.Lfs => Register.FS, _ => Register.GS };
        var result = Load(vcpu, segment, selector);
        if (result == EmulationResult.Done)
        {
            OperandAccess.SetRegister(ref vcpu.Registers, instruction.Op0Register, offset);
        }

        return result;
    }

    private static EmulationResult Test(Vcpu vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        var isTest = instruction.Mnemonic is Mnemonic.Verr or Mnemonic.Verw;
        if (!OperandAccess.TryRead(vcpu, in instruction, isTest ? 0 : 1, 2, out var operand))
        {
            return Fault(vcpu);
        }

        var selector = (ushort)operand;
        var visible = SegmentLoads.TryRead(vcpu, selector, out var descriptor)
            && (descriptor.IsConforming || descriptor.Privilege == 3)
            && instruction.Mnemonic switch
            {
                Mnemonic.Verr => descriptor.IsReadable,
                Mnemonic.Verw => descriptor.IsWritable,
                _ => descriptor.IsSegment,
            };
        registers.Rflags = visible ? registers.Rflags | ZeroFlag : registers.Rflags & ~ZeroFlag;
        if (visible && !isTest)
        {
            OperandAccess.SetRegister(ref registers, instruction.Op0Register, instruction.Mnemonic == Mnemonic.Lar ? descriptor.AccessRights : descriptor.Limit);
        }

        return EmulationResult.Done;
    }

    private static EmulationResult ReturnFromInterrupt(Vcpu vcpu)
    {
        ref var registers = ref vcpu.Registers;
        Span<ulong> frame = stackalloc ulong[5];
        if (!vcpu.TryReadGuest(registers.Rsp, MemoryMarshal.AsBytes(frame)))
        {
            return Fault(vcpu);
        }

        // RIP, CS, RFLAGS, RSP, SS.
        var (cs, ss) = ((ushort)frame[1], (ushort)frame[4]);
        if ((cs & 3) != 3 || !SegmentLoads.TryReadCode(vcpu, cs, out var code))
        {
            return Inject(vcpu, Exceptions.GeneralProtection, cs);
        }

        if (!SegmentLoads.IsStack(vcpu, ss, code.IsLong))
        {
            return Inject(vcpu, Exceptions.GeneralProtection, ss);
        }

        (registers.Rip, registers.Rsp, registers.Cs, registers.Ss) = (frame[0], frame[3], cs, ss);
        registers.Rflags = (frame[2] & IretFlags) | 0x202;
        registers.Compatibility = code.IsLong ? (byte)0 : (byte)1;
        return EmulationResult.Transferred;
    }

    private static EmulationResult FarReturn(Vcpu vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        Span<ulong> frame = stackalloc ulong[2];
        if (!vcpu.TryReadGuest(registers.Rsp, MemoryMarshal.AsBytes(frame)))
        {
            return Fault(vcpu);
        }

        return Transfer(vcpu, frame[0], (ushort)frame[1], registers.Rsp + (ulong)instruction.StackPointerIncrement);
    }

    private static EmulationResult FarTransfer(Vcpu vcpu, in Instruction instruction)
    {
        // AMD's processors know no far pointer with a 64-bit offset: REX.W only widens what a call pushes.
        var pushed = instruction.MemorySize switch { MemorySize.SegPtr16 => 2, MemorySize.SegPtr32 => 4, _ => 8 };
        var size = pushed == 8 && !vcpu.Domain.Cpuid.IsIntel ? 4 : pushed;
        var address = OperandAccess.AddressOf(vcpu, in instruction);
        if (!OperandAccess.TryRead(vcpu, address, size, out var target) || !vcpu.TryReadGuest<ushort>(address + (ulong)size, out var selector))
        {
            return Fault(vcpu);
        }

        var stack = vcpu.Registers.Rsp;
        if (instruction.Mnemonic == Mnemonic.Call && SegmentLoads.TryReadCode(vcpu, selector, out _))
        {
            stack -= 2 * (ulong)pushed;
            Span<byte> frame = stackalloc byte[16];
            BitConverter.TryWriteBytes(frame, instruction.NextIP);
            BitConverter.TryWriteBytes(frame[pushed..], (ulong)vcpu.Registers.Cs);
            if (!vcpu.TryWriteGuest(stack, frame[..(2 * pushed)]))
            {
                return Fault(vcpu);
            }
        }

        return Transfer(vcpu, target, selector, stack);
    }

    private static EmulationResult Transfer(Vcpu vcpu, ulong target, ushort selector, ulong stack)
    {
        if (!SegmentLoads.TryReadCode(vcpu, selector, out var code))
        {
            return Inject(vcpu, Exceptions.GeneralProtection, selector);
        }

        if (!Vcpu.IsCanonical(target))
        {
            return Inject(vcpu, Exceptions.GeneralProtection, 0);
        }

        ref var registers = ref vcpu.Registers;
        (registers.Rip, registers.Cs, registers.Rsp) = (target, (ushort)(selector | 3), stack);
        registers.Compatibility = code.IsLong ? (byte)0 : (byte)1;
        return EmulationResult.Transferred;
    }

    private static EmulationResult Inject(Vcpu vcpu, int vector, ushort selector)
    {
        Exceptions.Inject(vcpu, vector, selector & ~3u);
        return EmulationResult.Transferred;
    }

    private static EmulationResult Fault(Vcpu vcpu)
    {
        Exceptions.InjectPageFault(vcpu, vcpu.FaultAddress, vcpu.FaultErrorCode);
        return EmulationResult.Transferred;
    }
}
