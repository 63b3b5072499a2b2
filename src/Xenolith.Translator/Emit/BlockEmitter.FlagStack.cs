using Xenolith.Translator.Cache;
using Xenolith.Translator.Slow;

namespace Xenolith.Translator.Emit;

/// <summary>
/// popfq and iretq. The arithmetic flags and DF live in the processor, all others in the vCPU's RFLAGS; TF, NT and AC are never
/// loaded natively. (Linux serialises with an iretq to itself after each patch of its code.)
/// </summary>
internal sealed partial class BlockEmitter
{
    private const int Changeable = (int)FlagInstructions.Changeable, TrapOrNested = 0x4100, Nested = 0x4000;

    private const int CodeSelector = Selectors, StackSelector = Selectors + 2;

    private void EmitPopFlags()
    {
        ClobberFlags();
        Code.Move(HostCode.R10, HostCode.R9);
        EmitAccess(8, write: false);
        LoadSum(HostCode.R10);
        Code.Bytes3(0x41, 0xf7, 0xc2); // test r10d, TF
        Code.Int32(TrapOrNested & ~Nested);
        Code.JumpIf(NotEqual, SlowStub());
        Code.Lea(HostCode.R9, HostCode.R9, 8);
        Code.Move32(HostCode.R11, HostCode.R10);
        MergeFlags();
    }

    // In: r11d the new flags. Out: the vCPU's RFLAGS and the host's flags are the merged ones; r11 is destroyed, nothing else.
    private void MergeFlags()
    {
        Code.StoreState(State.SpillRax, HostCode.Rax);
        Code.LoadState32(HostCode.Rax, State.Rflags);
        AndImmediate(HostCode.Rax, ~Changeable);
        AndImmediate(HostCode.R11, Changeable);
        Code.Bytes3(0x44, 0x09, 0xd8); // or eax, r11d
        Code.StoreState32(State.Rflags, HostCode.Rax);
        AndImmediate(HostCode.Rax, NativeFlags);
        Code.Byte(0x50); // push rax
        Code.LoadState(HostCode.Rax, State.SpillRax);
        Code.Byte(0x9d); // popfq
        _hostFlags = true;
        _slotFlags = false;
    }

    private void EmitInterruptReturn()
    {
        const int frameSize = 40;
        EmitPoll();
        ClobberFlags();
        Code.Move(HostCode.R10, HostCode.R9);
        EmitAccess(frameSize, write: false);
        Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
        CompareSelector(8, CodeSelector);
        CompareSelector(32, StackSelector);
        Code.Bytes4(0x65, 0xf7, 0x04, 0x25); // test dword gs:[Rflags], NT
        Code.Int32(State.Rflags);
        Code.Int32(Nested);
        Code.JumpIf(NotEqual, SlowStub());
        Code.Load32(HostCode.R11, HostCode.R10, 16);
        Code.Bytes3(0x41, 0xf7, 0xc3); // test r11d, TF | NT
        Code.Int32(TrapOrNested);
        Code.JumpIf(NotEqual, SlowStub());
        Code.Load(HostCode.R9, HostCode.R10, 24);
        Code.Load(HostCode.R10, HostCode.R10, 0);
        MergeFlags();
        EmitIndirect();
    }

    // A selector in the frame that is not the one in force goes to the slow instructions.
    private void CompareSelector(int offset, int selector)
    {
        Code.Bytes4(0x45, 0x0f, 0xb7, 0x5a); // movzx r11d, word [r10 + offset]
        Code.Byte(offset);
        Code.Bytes4(0x66, 0x65, 0x44, 0x3b); // cmp r11w, gs:[selector]
        Code.Bytes2(0x1c, 0x25);
        Code.Int32(selector);
        Code.JumpIf(NotEqual, SlowStub());
    }

    private void AndImmediate(int register, int value)
    {
        if (register >= 8)
        {
            Code.Byte(0x41);
        }

        Code.Bytes2(0x81, 0xe0 | (register & 7));
        Code.Int32(value);
    }
}
