using Xenolith.Translator.Cache;

namespace Xenolith.Translator.Emit;

/// <summary>Calls that leave a frame on the <see cref="ReturnStack"/> and returns that take it: kernel code, while links between its pages are sound.</summary>
internal sealed partial class BlockEmitter
{
    private const int Equal = 4;

    // User mode has no part in it: a page of its code may be mapped anew between a call and its return, and it must not come to a frame of the kernel's.
    private bool PredictsReturns => !SingleStep && (long)_block.Rip < 0 && cache.LinksKernelPages;

    /// <summary>Starts a full ring again. Destroys flags: comes where those are saved or dead, before anything is changed.</summary>
    private void MakeRoomForReturn()
    {
        if (!PredictsReturns)
        {
            return;
        }

        Code.Bytes2(0xf7, 0xc4); // test esp, RingSize - FrameSize
        Code.Int32(ReturnStack.RingSize - ReturnStack.FrameSize);
        var full = Code.JumpIf(Equal);
        Code.Link(full, _cold.Executable);
        _cold.LoadState(HostCode.Rsp, State.ReturnStackTop);
        _cold.Jump(Code.Executable);
    }

    /// <summary>A direct call, the guest's return address pushed already.</summary>
    private void EmitCallTo(ulong target, ulong returnAddress)
    {
        if (!PredictsReturns || !cache.MayLink(_block.Rip, target, _block.CrossesPage))
        {
            EmitChain(target);
            return;
        }

        PushReturnFrame(returnAddress);
        Code.KeepTogether(1);
        var site = Code.CallLater();
        Code.Link(site, LinkStub(target, site));
        EmitReturnPad(returnAddress);
    }

    /// <summary>An indirect call to the guest address in r10, the guest's return address pushed already.</summary>
    private void EmitIndirectCall(ulong returnAddress)
    {
        if (!PredictsReturns)
        {
            EmitIndirect();
            return;
        }

        FlagsToSlot(Code);
        PushReturnFrame(returnAddress);
        Code.Bytes4(0x45, 0x0f, 0xb7, 0xda); // movzx r11d, r10w
        Code.Bytes3(0x65, 0x42, 0xff); // call gs:[r11*8 + Hash]
        Code.Bytes2(0x14, 0xdd);
        Code.Int32(State.Hash);
        EmitReturnPad(returnAddress);
    }

    /// <summary>Returns to the guest address in r10.</summary>
    private void EmitReturn()
    {
        if (!PredictsReturns)
        {
            EmitIndirect();
            return;
        }

        FlagsToSlot(Code);
        Code.Bytes4(0x4c, 0x39, 0x54, 0x24); // cmp [rsp + 8], r10
        Code.Byte(8);
        Code.JumpIf(NotEqual, cache.Thunks.ReturnMiss);
        Code.Bytes3(0xc2, 8, 0); // ret 8
    }

    // The first half of a frame; the host's call is the other. Uses r11.
    private void PushReturnFrame(ulong returnAddress)
    {
        if ((long)returnAddress == (int)returnAddress)
        {
            Code.Byte(0x68); // push imm32
            Code.Int32((int)returnAddress);
        }
        else
        {
            Code.MoveImmediate64(HostCode.R11, returnAddress);
            Code.Bytes2(0x41, 0x53); // push r11
        }
    }

    // Where the host's return comes to. Every return has the flags in the slot.
    private void EmitReturnPad(ulong returnAddress)
    {
        Code.KeepTogether(1);
        var site = Code.JumpLater();
        Code.Link(site, LinkStub(returnAddress, site, SiteInfo.FlagsInSlot | SiteInfo.ReturnPad));
    }
}
