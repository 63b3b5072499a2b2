using Iced.Intel;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator.Emit;

/// <summary>
/// The XSAVE family on an aligned area inside one page: the CPU's own instruction with EDX:EAX masked by the guest's XCR0. An XRSTOR may still
/// fault in the operation (a bad header); its row says that RAX and RDX are in their spill slots then.
/// </summary>
internal sealed partial class BlockEmitter
{
    private const int AreaSize = 832, AreaHeader = 512, AreaAlignment = 64;

    private bool EmitExtendedState(in Instruction instruction)
    {
        var restore = instruction.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64;
        ClobberFlags();
        var slow = SlowStub();
        EmitAddress(instruction);
        Code.Bytes4(0x41, 0xf6, 0xc2, AreaAlignment - 1); // test r10b, 63
        Code.JumpIf(NotEqual, slow);
        EmitAccess(AreaSize, write: !restore, masked: true);
        Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
        if (restore)
        {
            // Components that the guest has not enabled are #GP for it even if the host knows them.
            Code.LoadState(HostCode.R11, Xcr0);
            Code.Bytes3(0x49, 0xf7, 0xd3); // not r11
            TestHeader(0, slow);
            Code.Bytes4(0x49, 0x0f, 0xba, 0xf3); // btr r11, 63
            Code.Byte(63);
            TestHeader(8, slow);
        }

        Code.StoreState(State.SpillRax, HostCode.Rax);
        Code.StoreState(State.SpillRdx, HostCode.Rdx);
        Row.Flags |= CodeRow.SpilledAtOperation;
        Code.StateOp(0x23, HostCode.Rax, Xcr0, wide: false); // and eax, gs:[Xcr0]
        Code.StateOp(0x23, HostCode.Rdx, Xcr0 + 4, wide: false);
        EmitAreaOperation(instruction.Mnemonic);
        Code.LoadState(HostCode.Rax, State.SpillRax);
        Code.LoadState(HostCode.Rdx, State.SpillRdx);
        return true;
    }

    // test [r10 + header + offset], r11
    private void TestHeader(int offset, nint slow)
    {
        Code.Bytes3(0x4d, 0x85, 0x9a);
        Code.Int32(AreaHeader + offset);
        Code.JumpIf(NotEqual, slow);
    }

    private void EmitAreaOperation(Mnemonic mnemonic)
    {
        var (wide, opcode, extension) = mnemonic switch
        {
            Mnemonic.Xsave => (false, 0xae, 4),
            Mnemonic.Xsave64 => (true, 0xae, 4),
            Mnemonic.Xrstor => (false, 0xae, 5),
            Mnemonic.Xrstor64 => (true, 0xae, 5),
            Mnemonic.Xsaveopt => (false, 0xae, 6),
            Mnemonic.Xsaveopt64 => (true, 0xae, 6),
            Mnemonic.Xsavec => (false, 0xc7, 4),
            _ => (true, 0xc7, 4),
        };
        Code.Bytes4(wide ? 0x49 : 0x41, 0x0f, opcode, (extension << 3) | (HostCode.R10 & 7));
    }
}
