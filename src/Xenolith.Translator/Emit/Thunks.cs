using Xenolith.Host.Signals;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>
/// The fixed code around translated blocks: the way in (an unmanaged function), the ways out, and the loading and saving of x87 state.
/// Made once for an engine, in front of its code cache. Written once, then only read: any thread.
/// </summary>
internal sealed class Thunks
{
    private readonly HostCode _code = new();

    /// <summary><c>void Enter(gsBase, target)</c>: sets the GS base, loads the guest's state and jumps; returns when an exit is taken.</summary>
    public nint Enter { get; }

    /// <summary>The same without setting the GS base, for a thread that has it already or set it by a system call.</summary>
    public nint EnterSame { get; }

    /// <summary>Targets of the calls in the stubs of misses; see <see cref="MissThunks"/>.</summary>
    public nint MissRead { get; }

    /// <summary>See <see cref="MissRead"/>.</summary>
    public nint MissWrite { get; }

    /// <summary>The same for what lies in one page, whose lowest address is in r10 itself.</summary>
    public nint MissReadInPage { get; }

    /// <summary>See <see cref="MissReadInPage"/>.</summary>
    public nint MissWriteInPage { get; }

    /// <summary>Target of the call in an exit stub; the stub's data follow the call.</summary>
    public nint Branch { get; }

    /// <summary>An indirect branch to r10 without an entry in the hash; jumped to, with the flags in the slot.</summary>
    public nint Indirect { get; }

    /// <summary>An indirect branch to r10 whose first entry in the hash has the landing of another address: tries the second entry.</summary>
    public nint LandingMiss { get; }

    /// <summary>A return to r10 whose frame is not the last of the <see cref="ReturnStack"/>: takes the one before it, or goes through the hash.</summary>
    public nint ReturnMiss { get; }

    /// <summary>Where the frames above an empty <see cref="ReturnStack"/> lead.</summary>
    public nint ReturnUnderflow { get; }

    /// <summary>See <see cref="Branch"/>.</summary>
    public nint Leave { get; }

    /// <summary>A SYSCALL of user mode and an iret hypercall; see <see cref="Branch"/>, with 8 more bytes of data: the address behind the instruction.</summary>
    public nint Syscall { get; }

    /// <summary>See <see cref="Syscall"/>.</summary>
    public nint InterruptReturn { get; }

    /// <summary>Where the signal handler sends a fault of emitted code.</summary>
    public nint Signal { get; }

    /// <summary>A snippet's end jumps here.</summary>
    public nint SnippetEnd { get; }

    /// <summary><c>void SaveX87(area)</c>: FXSAVE64 into 512 bytes, 16-byte aligned.</summary>
    public nint SaveX87 { get; }

    /// <summary><c>void LoadX87(area)</c>: FXRSTOR64, keeping MXCSR.</summary>
    public nint LoadX87 { get; }

    /// <summary>Emits all thunks.</summary>
    public Thunks(nint writable, int size, nint delta)
    {
        _code.Start(writable, writable + size, delta);
        Enter = EmitEnter(setBase: true);
        EnterSame = EmitEnter(setBase: false);
        var common = EmitExit();
        var misses = new MissThunks(_code, common);
        (MissRead, MissReadInPage) = misses.Emit(write: false);
        (MissWrite, MissWriteInPage) = misses.Emit(write: true);
        Branch = EmitSite(ExitKind.Branch, common);
        Leave = EmitSite(ExitKind.Leave, common);
        ReturnMiss = Here();
        _code.Bytes4(0x4c, 0x39, 0x54, 0x24); // cmp [rsp + 24], r10
        _code.Byte(24);
        var none = _code.JumpIf8(0x75);
        _code.Lea(HostCode.Rsp, HostCode.Rsp, ReturnStack.FrameSize);
        _code.Bytes3(0xc2, 8, 0); // ret 8
        ReturnUnderflow = _code.Executable;
        _code.LoadState(HostCode.Rsp, State.ReturnStackTop);
        _code.Here8(none);
        _code.Bytes4(0x45, 0x0f, 0xb7, 0xda); // movzx r11d, r10w
        _code.Bytes3(0x65, 0x42, 0xff); // jmp gs:[r11*8 + Hash]
        _code.Bytes2(0x24, 0xdd);
        _code.Int32(State.Hash);
        LandingMiss = Here();
        _code.Move(HostCode.R11, HostCode.R10);
        _code.Bytes4(0x49, 0xc1, 0xeb, State.SecondHashShift); // shr r11, SecondHashShift
        _code.Bytes3(0x45, 0x31, 0xd3); // xor r11d, r10d
        _code.Bytes4(0x45, 0x0f, 0xb7, 0xdb); // movzx r11d, r11w
        _code.Bytes4(0x65, 0x4e, 0x8b, 0x1c); // mov r11, gs:[r11*8 + Hash]
        _code.Byte(0xdd);
        _code.Int32(State.Hash);
        _code.Bytes3(0x4d, 0x3b, 0x53); // cmp r10, [r11 + LandingRip]
        _code.Byte(State.LandingRip);
        var other = _code.JumpIf8(0x75);
        _code.Bytes3(0x41, 0xff, 0xe3); // jmp r11
        _code.Here8(other);
        Indirect = _code.Executable;
        _code.StoreState(State.ExitValue, HostCode.R10);
        _code.StoreStateImmediate32(State.ExitKindSlot, (int)ExitKind.Indirect);
        _code.Jump(common);
        Signal = EmitKind(ExitKind.Signal, common);
        (Syscall, InterruptReturn) = SegmentBase.InstructionsAllowed ? new KernelEntryThunks(_code).Emit(common) : (Leave, Leave);
        SnippetEnd = EmitKind(ExitKind.SnippetEnd, common);
        SaveX87 = Here();
        _code.Bytes4(0x48, 0x0f, 0xae, 0x07); // fxsave64 [rdi]
        _code.Byte(0xc3);
        LoadX87 = Here();
        _code.Bytes3(0x48, 0x83, 0xec); // sub rsp, 8
        _code.Byte(8);
        _code.Bytes4(0x0f, 0xae, 0x1c, 0x24); // stmxcsr [rsp]
        _code.Bytes4(0x48, 0x0f, 0xae, 0x0f); // fxrstor64 [rdi]
        _code.Bytes4(0x0f, 0xae, 0x14, 0x24); // ldmxcsr [rsp]
        _code.Bytes4(0x48, 0x83, 0xc4, 8); // add rsp, 8
        _code.Byte(0xc3);
    }

    private nint Here()
    {
        _code.AlignAhead(0, 16);
        return _code.Executable;
    }

    private nint EmitEnter(bool setBase)
    {
        var start = Here();
        foreach (var register in CalleeSaved)
        {
            if (register >= 8)
            {
                _code.Byte(0x41);
            }

            _code.Byte(0x50 | (register & 7));
        }

        if (setBase)
        {
            _code.Bytes4(0xf3, 0x48, 0x0f, 0xae); // wrgsbase rdi
            _code.Byte(0xdf);
        }

        _code.StoreState(State.HostStack, HostCode.Rsp);
        _code.LoadState(HostCode.Rsp, State.ReturnStackPointer);
        _code.StoreState(State.EnterTarget, HostCode.Rsi);
        Mxcsr(load: false, State.HostMxcsr);
        Mxcsr(load: true, State.GuestMxcsr);
        Vectors(load: true);

        // Flags: DF by std, OF by an overflowing add, the others by sahf; popfq would cost more than all of this.
        _code.LoadState32(HostCode.Rax, State.Rflags);
        _code.Bytes4(0x0f, 0xba, 0xe0, 10); // bt eax, 10
        var noDirection = _code.JumpIf8(0x73);
        _code.Byte(0xfd);
        _code.Here8(noDirection);
        _code.Bytes2(0x89, 0xc1); // mov ecx, eax
        _code.Bytes3(0xc1, 0xe9, 11); // shr ecx, 11
        _code.Bytes3(0x83, 0xe1, 1); // and ecx, 1
        _code.Bytes2(0x88, 0xc4); // mov ah, al
        _code.Bytes2(0x88, 0xc8); // mov al, cl
        _code.Bytes2(0x04, 0x7f); // add al, 0x7f
        _code.Byte(0x9e); // sahf
        foreach (var register in Direct)
        {
            _code.LoadState(register, State.Reg(register));
        }

        _code.LoadState(HostCode.R9, State.Reg(HostCode.Rsp));
        _code.Bytes4(0x65, 0xff, 0x24, 0x25); // jmp gs:[EnterTarget]
        _code.Int32(State.EnterTarget);
        return start;
    }

    private nint EmitExit()
    {
        var start = Here();
        foreach (var register in Direct)
        {
            _code.StoreState(State.Reg(register), register);
        }

        _code.StoreState(State.Reg(HostCode.Rsp), HostCode.R9);
        _code.StoreState(State.ReturnStackPointer, HostCode.Rsp);
        _code.Byte(0x9c); // pushfq
        _code.PopState(State.HostFlags);
        _code.Byte(0xfc); // cld
        Mxcsr(load: false, State.GuestMxcsr);
        Mxcsr(load: true, State.HostMxcsr);
        Vectors(load: false);
        _code.Bytes3(0xc5, 0xf8, 0x77); // vzeroupper
        _code.LoadState(HostCode.Rsp, State.HostStack);
        for (var i = CalleeSaved.Length - 1; i >= 0; i--)
        {
            if (CalleeSaved[i] >= 8)
            {
                _code.Byte(0x41);
            }

            _code.Byte(0x58 | (CalleeSaved[i] & 7));
        }

        _code.Byte(0xc3);
        return start;
    }

    private nint EmitSite(ExitKind kind, nint common)
    {
        var start = Here();
        _code.PopState(State.ExitSite);
        _code.StoreStateImmediate32(State.ExitKindSlot, (int)kind);
        _code.Jump(common);
        return start;
    }

    private nint EmitKind(ExitKind kind, nint common)
    {
        var start = Here();
        _code.StoreStateImmediate32(State.ExitKindSlot, (int)kind);
        _code.Jump(common);
        return start;
    }

    private void Mxcsr(bool load, int disp)
    {
        _code.Bytes3(0x65, 0x0f, 0xae);
        _code.Bytes2(load ? 0x14 : 0x1c, 0x25);
        _code.Int32(disp);
    }

    private void Vectors(bool load)
    {
        for (var i = 0; i < 16; i++)
        {
            // vmovdqu ymm(i), gs:[disp] or back
            _code.Byte(0x65);
            _code.Bytes3(0xc5, i < 8 ? 0xfe : 0x7e, load ? 0x6f : 0x7f);
            _code.Bytes2(0x04 | ((i & 7) << 3), 0x25);
            _code.Int32(State.Vectors + (32 * i));
        }
    }

    private static ReadOnlySpan<byte> CalleeSaved => [HostCode.Rbx, HostCode.Rbp, 12, 13, 14, 15];

    /// <summary>Guest registers that live in the host register of the same name.</summary>
    public static ReadOnlySpan<byte> Direct => [0, 1, 2, 3, 5, 6, 7, 8, 12, 13, 14, 15];
}
