using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;

namespace Xenolith.Tests.NativeOracle.Forms;

/// <summary>One generated test: an instruction's bytes with the state and memory it runs on.</summary>
internal sealed record InstructionForm(Instruction Instruction, byte[] Bytes, MachineState State, MemoryImage Memory)
{
    public override string ToString() => $"{Instruction} [{Convert.ToHexString(Bytes)}] ({Instruction.Code})";
}
