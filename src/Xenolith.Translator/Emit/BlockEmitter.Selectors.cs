using Iced.Intel;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator.Emit;

/// <summary>Reads of segment registers, and loads of null selectors: a kernel's change of process has a dozen of them.</summary>
internal sealed partial class BlockEmitter
{
    private void EmitReadSelector(in Instruction instruction)
    {
        var memory = instruction.Op0Kind == OpKind.Memory;
        if (memory)
        {
            ClobberFlags();
            EmitAddress(instruction);
            EmitAccess(2, write: true);
            Code.LeaSum(HostCode.R11, HostCode.R11, HostCode.R10);
        }

        Code.Bytes4(0x65, 0x44, 0x0f, 0xb7); // movzx r10d, word gs:[selector]
        Code.Bytes2(0x14, 0x25);
        Code.Int32(SelectorOf(instruction.Op1Register));
        if (memory)
        {
            Code.Bytes4(0x66, 0x45, 0x89, 0x13); // mov [r11], r10w
            return;
        }

        var guest = instruction.Op0Register.GetNumber();
        if (!instruction.Op0Register.IsGPR16())
        {
            StoreGuest(guest, HostCode.R10);
            return;
        }

        Code.Byte(0x66);
        if (IsInState(guest))
        {
            Code.StateOp(0x89, HostCode.R10, State.Reg(guest), wide: false);
        }
        else
        {
            Code.Move32(HomeOf(guest), HostCode.R10);
        }
    }

    // Any other selector than a null one goes to the slow instructions. A null FS or GS has no base.
    private bool EmitLoadSelector(in Instruction instruction)
    {
        var segment = instruction.Op0Register;
        if (instruction.Op1Kind != OpKind.Register || segment is not (Register.DS or Register.ES or Register.FS or Register.GS))
        {
            return false;
        }

        ClobberFlags();
        LoadGuest(HostCode.R10, instruction.Op1Register.GetNumber());
        Code.Bytes3(0x41, 0xf7, 0xc2); // test r10d, 0xfffc
        Code.Int32(0xfffc);
        Code.JumpIf(NotEqual, SlowStub());
        Code.Byte(0x66);
        Code.StateOp(0x89, HostCode.R10, SelectorOf(segment), wide: false);
        if (segment is Register.FS or Register.GS)
        {
            Code.Bytes3(0x45, 0x31, 0xd2); // xor r10d, r10d
            Code.StoreState(segment == Register.FS ? State.FsBase : State.GsBase, HostCode.R10);
        }

        return true;
    }

    private static int SelectorOf(Register segment) => State.Selectors + (2 * (segment switch
    {
        Register.CS => 0,
        Register.SS => 1,
        Register.DS => 2,
        Register.ES => 3,
        Register.FS => 4,
        _ => 5,
    }));
}
