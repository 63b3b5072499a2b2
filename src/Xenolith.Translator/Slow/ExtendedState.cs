using System.Buffers.Binary;
using Iced.Intel;
using Xenolith.Engine;

namespace Xenolith.Translator.Slow;

/// <summary>
/// XSAVE, XSAVEC, XSAVEOPT, XRSTOR, FXSAVE and FXRSTOR: run natively with EDX:EAX masked by the guest's XCR0, so that no component
/// of the host that the guest does not know is stored or loaded.
/// </summary>
internal static class ExtendedState
{
    private const int LegacySize = 512, LegacyAlignment = 16, HeaderSize = 64, VectorHalfSize = 256;
    private const ulong Avx = 4, CompactedFormat = 1UL << 63;

    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction, ReadOnlySpan<byte> bytes)
    {
        ref var registers = ref vcpu.Registers;
        var address = Operands.AddressOf(vcpu, instruction);
        var inStack = Operands.UsesStackSegment(instruction);
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 when (address & (LegacyAlignment - 1)) != 0:
                return Misaligned(vcpu, address, LegacySize, inStack);
            case Mnemonic.Fxsave or Mnemonic.Fxsave64:
                return NativeInstruction.ExecuteAt(vcpu, instruction, bytes, address, LegacySize, WalkAccess.Write, locked: false);
            case Mnemonic.Fxrstor or Mnemonic.Fxrstor64:
                return NativeInstruction.ExecuteAt(vcpu, instruction, bytes, address, LegacySize, WalkAccess.Read, locked: false);
            default:
                break;
        }

        var restore = instruction.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64;
        if ((address & (HeaderSize - 1)) != 0)
        {
            return Misaligned(vcpu, address, LegacySize + HeaderSize, inStack);
        }

        var requested = ((registers.Rdx << 32) | (uint)registers.Rax) & registers.Xcr0;
        var components = requested;
        if (restore && !ReadHeader(vcpu, address, inStack, ref components))
        {
            return SlowOutcome.Exception;
        }

        var size = LegacySize + HeaderSize + ((components & Avx) != 0 ? VectorHalfSize : 0);
        var (low, high) = (registers.Rax, registers.Rdx);
        registers.Rax = (uint)requested;
        registers.Rdx = requested >> 32;
        var outcome = NativeInstruction.ExecuteAt(vcpu, instruction, bytes, address, size, restore ? WalkAccess.Read : WalkAccess.Write, locked: false);
        registers.Rax = low;
        registers.Rdx = high;
        return outcome;
    }

    private static SlowOutcome Misaligned(VcpuContext vcpu, ulong address, int size, bool inStack) =>
        GuestAccess.CheckCanonical(vcpu, address, size, inStack) ? Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0) : SlowOutcome.Exception;

    // Components that the guest has not enabled are #GP for it even if the host knows them.
    private static bool ReadHeader(VcpuContext vcpu, ulong address, bool inStack, ref ulong components)
    {
        Span<byte> header = stackalloc byte[16];
        if (!GuestAccess.Probe(vcpu, address, 1, WalkAccess.Read, inStack) || !GuestAccess.Read(vcpu, address + LegacySize, header, inStack))
        {
            return false;
        }

        var present = BinaryPrimitives.ReadUInt64LittleEndian(header);
        var compacted = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        var isCompacted = (compacted & CompactedFormat) != 0;
        if (((present | (compacted & ~CompactedFormat)) & ~vcpu.Registers.Xcr0) != 0)
        {
            Exceptions.Raise(vcpu, Exceptions.GeneralProtection, 0);
            return false;
        }

        components &= isCompacted ? compacted : present;
        return true;
    }
}
