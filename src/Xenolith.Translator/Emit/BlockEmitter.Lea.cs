using Iced.Intel;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator.Emit;

/// <summary>lea.</summary>
internal sealed partial class BlockEmitter
{
    private void EmitLoadAddress(in Instruction instruction)
    {
        if (instruction.Mnemonic != Mnemonic.Lea || TryLoadAddressAtOnce(instruction))
        {
            return;
        }

        EmitAddress(instruction, withSegment: false);
        var target = instruction.Op0Register;
        var guest = target.GetNumber();
        if (target.IsGPR16())
        {
            if (IsInState(guest))
            {
                // mov gs:[state], r10w
                Code.Byte(0x66);
                Code.StateOp(0x89, HostCode.R10, State.Reg(guest), wide: false);
            }
            else
            {
                var home = HomeOf(guest);
                Code.Byte(0x66);
                Code.Move32(home, HostCode.R10);
            }

            return;
        }

        if (target.IsGPR32())
        {
            Code.Move32(IsInState(guest) ? HostCode.R10 : HomeOf(guest), HostCode.R10);
        }
        else if (!IsInState(guest))
        {
            Code.Move(HomeOf(guest), HostCode.R10);
        }

        if (IsInState(guest))
        {
            Code.StoreState(State.Reg(guest), HostCode.R10);
        }
    }

    // With no displaced register among base, index and target it is one instruction.
    private bool TryLoadAddressAtOnce(in Instruction instruction)
    {
        var (target, @base, index) = (instruction.Op0Register, instruction.MemoryBase, instruction.MemoryIndex);
        if (target.IsGPR16() || IsInState(target.GetNumber()))
        {
            return false;
        }

        var home = HomeOf(target.GetNumber());
        var narrow = target.IsGPR32() || @base.IsGPR32() || index.IsGPR32() || @base == Register.EIP;
        if (@base is Register.RIP or Register.EIP || (@base == Register.None && index == Register.None))
        {
            Code.MoveImmediate(home, narrow ? (uint)instruction.MemoryDisplacement64 : instruction.MemoryDisplacement64);
            return true;
        }

        var hostBase = @base == Register.None ? -1 : HomeOf(@base.GetNumber());
        var hostIndex = index == Register.None ? -1 : index.GetNumber();
        if ((hostBase >= 0 && IsInState(@base.GetNumber())) || (hostIndex >= 0 && IsInState(hostIndex)))
        {
            return false;
        }

        EmitLea(home, hostBase, hostIndex, instruction.MemoryIndexScale, (int)instruction.MemoryDisplacement64, !narrow);
        return true;
    }
}
