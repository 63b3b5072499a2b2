using Xenolith.Engine;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>
/// SYSCALL from user mode into the guest's kernel, and the iret hypercall back, without C#: what the machine's SyscallTraps, BounceFrame and Iret do,
/// for the states that are usual. Everything is checked before the first effect; what is unusual (a stack page that the soft TLB has not, a page
/// edge, DF, TF, RF, a pending event, a selector not seen before, whatever the machine says) leaves as the instruction would have left without
/// this, with all registers as they were.
/// <para>Jumped to like exit stubs: the return address of the stub's call leads to its data. Flags are the guest's; r10 and r11 are free.</para>
/// </summary>
internal sealed class KernelEntryThunks(HostCode code)
{
    private const int NotEqual = 5, Above = 7;
    private const int And = 4, Or = 1, Test = -1;
    private const int FlatSelectors = unchecked((int)0xe02b_e033), FlatCode = 0xe033, FlatData = 0xe02b;
    private const int NativeFlags = 0xcd5, DirectionFlag = 0x400, TrapFlag = 0x100, InterruptFlag = 0x200, Iopl = 0x3000, ResumeFlag = 0x10000;

    /// <summary>AC, VM, RF, NT and TF: clear when Xen enters a guest's kernel.</summary>
    private const int ClearedOnEntry = 0x7_4100;

    /// <summary>What an iret restores: CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF, AC, ID.</summary>
    private const int Restored = 0x25_4dd5;

    private const int SyscallFrame = 7 * 8, IretFrame = 9 * 8, IretNumber = 23, InSyscall = 0x100;

    private readonly List<nint> _refusals = [];

    /// <summary>Emits both.</summary>
    /// <param name="common">The common exit.</param>
    public (nint Syscall, nint InterruptReturn) Emit(nint common)
    {
        var syscall = EmitSyscall();
        var back = EmitReturn();
        EmitRefusal(common);
        return (syscall, back);
    }

    private nint Start()
    {
        code.AlignAhead(0, 16);
        var start = code.Executable;
        code.PopState(State.ExitSite);
        code.Byte(0x9c); // pushfq
        code.PopState(State.HostFlags);
        return start;
    }

    private void RefuseIf(int condition) => _refusals.Add(code.JumpIf(condition));

    // The flags are needed again, by the common exit; all else is untouched but r10, r11 and the spill slots.
    private void EmitRefusal(nint common)
    {
        foreach (var site in _refusals)
        {
            code.Link(site, code.Executable);
        }

        code.LoadState(HostCode.Rax, State.SpillRax);
        code.LoadState(HostCode.Rcx, State.SpillRcx);
        code.PushState(State.HostFlags);
        code.Byte(0x9d); // popfq
        code.StoreStateImmediate32(State.ExitKindSlot, (int)ExitKind.Leave);
        code.Jump(common);
    }

    private void CheckReady(int mode)
    {
        code.StoreState(State.SpillRax, HostCode.Rax);
        code.StoreState(State.SpillRcx, HostCode.Rcx);
        code.CompareStateByte(State.KernelMode, mode);
        RefuseIf(NotEqual);
        code.CompareState32(State.EntryReady, unchecked((int)KernelEntry.AllReady));
        RefuseIf(NotEqual);
        code.TestState32(State.HostFlags, DirectionFlag);
        RefuseIf(NotEqual);
    }

    // In: r10 a linear address of the kernel's. Out: r10 the byte's host address; r11 is destroyed.
    private void FindStack(int size, bool write)
    {
        code.Bytes4(0xc4, 0x43, 0xfb, 0xf0); // rorx r11, r10, 7
        code.Bytes2(0xda, 0x07);
        code.Immediate32(And, HostCode.R11, 0x1ffe0);
        code.StateOp(0x03, HostCode.R11, State.KernelBase, wide: true); // add r11, gs:[KernelBase]
        code.Bytes4(0x4d, 0x33, 0x53, write ? 8 : 0); // xor r10, [r11 + tag]
        code.Bytes3(0x49, 0x81, 0xfa); // cmp r10, 4096 - size
        code.Int32(4096 - size);
        RefuseIf(Above);
        code.Bytes4(0x4d, 0x03, 0x53, 0x10); // add r10, [r11 + page]
    }

    private nint EmitSyscall()
    {
        var start = Start();
        CheckReady(mode: 0);
        code.LoadState(HostCode.R10, State.KernelStack);
        code.Bytes4(0x49, 0x83, 0xe2, 0xf0); // and r10, -16
        code.Bytes4(0x49, 0x83, 0xea, SyscallFrame); // sub r10, size
        code.StoreState(State.Temporary, HostCode.R10);
        FindStack(SyscallFrame, write: true);

        // RCX and RIP of the frame are the address behind the instruction, R11 the flags with everything the guest may see.
        code.LoadState(HostCode.R11, State.ExitSite);
        code.Load(HostCode.Rcx, HostCode.R11, 8);
        code.Store(HostCode.R10, 0, HostCode.Rcx);
        code.Store(HostCode.R10, 16, HostCode.Rcx);
        code.LoadState32(HostCode.Rax, State.HostFlags);
        code.Immediate32(And, HostCode.Rax, NativeFlags);
        code.LoadState32(HostCode.R11, State.Rflags);
        code.Immediate32(And, HostCode.R11, ~NativeFlags);
        code.Bytes3(0x44, 0x09, 0xd8); // or eax, r11d
        code.Store(HostCode.R10, 8, HostCode.Rax);

        // The frame's IF is the upcall mask, inverted; the mask itself stands above CS.
        code.LoadState(HostCode.R11, State.VcpuInfo);
        code.Bytes4(0x41, 0x80, 0x7b, 1); // cmp byte [r11 + mask], 1
        code.Byte(1);
        code.Bytes2(0x19, 0xc9); // sbb ecx, ecx: all ones if the mask is 0
        code.CompareStateByte(State.SyscallMasksEvents, 0);
        var unmasked = code.JumpIf8(0x74);
        code.Bytes4(0x41, 0xc6, 0x43, 1); // mov byte [r11 + mask], 1
        code.Byte(1);
        code.Here8(unmasked);
        code.Move32(HostCode.R11, HostCode.Rax);
        code.Immediate32(And, HostCode.R11, ~(Iopl | InterruptFlag));
        code.Bytes2(0xff, 0xc1); // inc ecx: 1 if masked
        code.Bytes4(0x48, 0xc1, 0xe1, 32); // shl rcx, 32
        code.Bytes3(0x48, 0x81, 0xc9); // or rcx, FlatCode
        code.Int32(FlatCode);
        code.Store(HostCode.R10, 24, HostCode.Rcx);
        code.Bytes4(0x48, 0xc1, 0xe9, 32); // shr rcx, 32
        code.Bytes3(0x83, 0xf1, 1); // xor ecx, 1
        code.Bytes3(0xc1, 0xe1, 9); // shl ecx, 9
        code.Bytes3(0x41, 0x09, 0xcb); // or r11d, ecx
        code.Store(HostCode.R10, 32, HostCode.R11);
        code.Store(HostCode.R10, 40, HostCode.R9);
        code.Bytes4(0x49, 0xc7, 0x42, 48); // mov qword [r10 + 48], FlatData
        code.Int32(FlatData);

        // Now the kernel's state.
        code.Move32(HostCode.Rcx, HostCode.Rax);
        code.Immediate32(And, HostCode.Rcx, ~ClearedOnEntry);
        code.Immediate32(Or, HostCode.Rcx, InterruptFlag);
        code.StoreState(State.Rflags, HostCode.Rcx);
        code.StoreState(State.Reg(HostCode.R11), HostCode.Rcx);
        code.StoreStateImmediate32(State.Selectors, FlatSelectors);
        code.LoadState(HostCode.R9, State.Temporary);
        code.IncrementState(State.EmittedEntries);
        ChangeMode(toKernel: true);
        SaveFlags();
        code.LoadState(HostCode.R10, State.SyscallCallback);
        code.LoadState(HostCode.Rax, State.SpillRax);
        code.Move(HostCode.Rcx, HostCode.R10);
        GoTo();
        return start;
    }

    private nint EmitReturn()
    {
        var start = Start();
        CheckReady(mode: 1);
        code.Bytes4(0x48, 0x3d, IretNumber, 0); // cmp rax, IretNumber
        code.Bytes2(0, 0);
        RefuseIf(NotEqual);
        code.Move(HostCode.R10, HostCode.R9);
        FindStack(IretFrame, write: false);

        // ecx = CS | 3 and, above it, SS | 3: flat, or the pair that the machine has checked.
        code.Bytes4(0x41, 0x0f, 0xb7, 0x42); // movzx eax, word [r10 + 40]
        code.Byte(40);
        code.Bytes4(0x41, 0x0f, 0xb7, 0x4a); // movzx ecx, word [r10 + 64]
        code.Byte(64);
        code.Bytes3(0xc1, 0xe1, 16); // shl ecx, 16
        code.Bytes2(0x09, 0xc1); // or ecx, eax
        code.Immediate32(Or, HostCode.Rcx, 0x3_0003);
        code.StoreState32(State.Temporary, HostCode.Rcx);
        code.Immediate32(7, HostCode.Rcx, FlatSelectors); // cmp
        var flat = code.JumpIf8(0x74);
        code.StateOp(0x3b, HostCode.Rcx, State.ReturnSelectors, wide: false); // cmp ecx, gs:[ReturnSelectors]
        RefuseIf(NotEqual);
        code.Here8(flat);
        code.Bytes2(0xf7, 0xd0); // not eax
        code.Bytes3(0x83, 0xe0, 3); // and eax, 3: 0 for user mode
        code.StoreState32(State.Temporary2, HostCode.Rax);
        code.Load32(HostCode.Rcx, HostCode.R10, 48);
        code.Immediate32(Test, HostCode.Rcx, TrapFlag | DirectionFlag | ResumeFlag);
        RefuseIf(NotEqual);

        // The upcall mask is IF, inverted. An event that comes after this test kicks, whatever the mask.
        code.LoadState(HostCode.R11, State.VcpuInfo);
        code.Immediate32(Test, HostCode.Rcx, InterruptFlag);
        code.Bytes3(0x0f, 0x94, 0xc0); // sete al
        var masked = code.JumpIf8(0x74);
        code.Bytes4(0x41, 0x80, 0x3b, 0); // cmp byte [r11], 0
        RefuseIf(NotEqual);
        code.Here8(masked);
        code.Bytes4(0x41, 0x88, 0x43, 1); // mov [r11 + mask], al

        code.LoadState32(HostCode.Rax, State.Temporary);
        code.StoreState32(State.Selectors, HostCode.Rax);
        code.Immediate32(And, HostCode.Rcx, Restored);
        code.Immediate32(Or, HostCode.Rcx, InterruptFlag | 2);
        code.StoreState(State.Rflags, HostCode.Rcx);
        code.Move32(HostCode.Rax, HostCode.Rcx);
        code.Load(HostCode.R11, HostCode.R10, 8);
        code.Load(HostCode.R9, HostCode.R10, 16);
        code.Bytes4(0x41, 0xf7, 0x42, 24); // test dword [r10 + 24], InSyscall
        code.Int32(InSyscall);
        code.Bytes4(0x4c, 0x0f, 0x45, 0xd8); // cmovne r11, rax
        code.Bytes4(0x4d, 0x0f, 0x45, 0x4a); // cmovne r9, [r10 + 32]
        code.Byte(32);
        code.StoreState(State.Reg(HostCode.R11), HostCode.R11);
        code.StoreState(State.SpillRcx, HostCode.R9);
        code.Load(HostCode.R9, HostCode.R10, 56);
        code.Load(HostCode.R11, HostCode.R10, 0);
        code.StoreState(State.SpillRax, HostCode.R11);
        code.Load(HostCode.R10, HostCode.R10, 32);
        code.IncrementState(State.EmittedReturns);
        code.CompareState32(State.Temporary2, 0);
        var toKernel = code.JumpIf8(0x75);
        ChangeMode(toKernel: false);
        code.Here8(toKernel);
        SaveFlags();
        code.LoadState(HostCode.Rax, State.SpillRax);
        code.LoadState(HostCode.Rcx, State.SpillRcx);
        GoTo();
        return start;
    }

    // Destroys rcx and r11.
    private void ChangeMode(bool toKernel)
    {
        code.LoadState(HostCode.Rcx, State.GsBase);
        code.LoadState(HostCode.R11, State.OtherGsBase);
        code.StoreState(State.OtherGsBase, HostCode.Rcx);
        code.StoreState(State.GsBase, HostCode.R11);
        code.StoreStateByte(State.KernelMode, toKernel ? 1 : 0);
        code.LoadState(HostCode.R11, toKernel ? State.KernelBase : State.UserBase);
        code.WriteGsBase(HostCode.R11);
    }

    // In: eax the flags, without DF. Puts them where landings expect them; destroys rax and rcx.
    private void SaveFlags()
    {
        code.Move32(HostCode.Rcx, HostCode.Rax);
        code.Bytes3(0xc1, 0xe9, 11); // shr ecx, 11
        code.Bytes3(0x83, 0xe1, 1); // and ecx, 1
        code.Bytes2(0x88, 0xc4); // mov ah, al
        code.Bytes2(0x88, 0xc8); // mov al, cl
        code.StoreState32(State.SavedFlags, HostCode.Rax);
    }

    // Through the hash of the context in force to the guest address in r10; as BlockEmitter does.
    private void GoTo()
    {
        code.Bytes4(0x45, 0x0f, 0xb7, 0xda); // movzx r11d, r10w
        code.Bytes3(0x65, 0x42, 0xff); // jmp gs:[r11*8 + Hash]
        code.Bytes2(0x24, 0xdd);
        code.Int32(State.Hash);
    }
}
