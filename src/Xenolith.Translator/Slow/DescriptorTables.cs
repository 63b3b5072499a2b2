using System.Buffers.Binary;
using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>
/// sgdt, sidt, sldt, str and smsw: at CPL3 without UMIP they show the real tables, which under Xen are Xen's own. The guest gets the limits and
/// selectors that Xen's layout has, and bases in Xen's part of the address space.
/// </summary>
internal static class DescriptorTables
{
    private const ushort GdtLimit = 0xEFFF, IdtLimit = 0x0FFF, TaskSelector = 0xE040;
    private const ulong GdtBase = 0xFFFF_8300_0000_0000, IdtBase = 0xFFFF_82D0_8000_0000;

    // PE, MP, ET, NE, WP, AM, PG: what Xen's CR0 holds.
    private const ulong ControlRegister0 = 0x8005_0033, TaskSwitched = 8;

    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        ulong value;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Sgdt:
                return Store(vcpu, instruction, GdtLimit, GdtBase);
            case Mnemonic.Sidt:
                return Store(vcpu, instruction, IdtLimit, IdtBase);
            case Mnemonic.Sldt:
                value = 0;
                break;
            case Mnemonic.Str:
                value = TaskSelector;
                break;
            default:
                value = ControlRegister0 | (registers.TaskSwitched != 0 ? TaskSwitched : 0);
                break;
        }

        return Operands.Write(vcpu, instruction, 0, 2, value) ? SlowOutcome.Done : SlowOutcome.Exception;
    }

    private static SlowOutcome Store(VcpuContext vcpu, in Instruction instruction, ushort limit, ulong @base)
    {
        Span<byte> table = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(table, limit);
        BinaryPrimitives.WriteUInt64LittleEndian(table[2..], @base);
        return GuestAccess.Write(vcpu, Operands.AddressOf(vcpu, instruction), table, Operands.UsesStackSegment(instruction)) ? SlowOutcome.Done : SlowOutcome.Exception;
    }
}
