using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Where failing checks of the soft TLB go: if its second level has the page, that entry is copied into the first and the check is made again; only otherwise does the
/// vCPU leave for C#. Called by a stub <c>call thunk; jmp compare; data</c>: the thunk returns to the jump, as the processor predicts. The compare has destroyed
/// the flags, and r10 and r11 are free but for the address; everything else is as it was. Only the vCPU itself takes entries of either level away, outside emitted
/// code, so nothing changes between the look and the copy.
/// </summary>
/// <param name="code">Where to write.</param>
/// <param name="exit">The common way out.</param>
internal sealed class MissThunks(HostCode code, nint exit)
{
    private const int And = 4, Equal = 4, NotEqual = 5, BelowOrEqual = 6, Above = 7, JumpBytes = 5;
    private const int FirstOffsets = (State.TlbEntries - 1) * State.TlbEntrySize, SecondOffsets = State.SecondBytes - State.TlbEntrySize;

    // An index times the size of an entry is the top bits shifted by less.
    private const int SecondShift = 64 - State.SecondIndexBits - 5;

    /// <summary>Emits those of reads or of writes.</summary>
    /// <returns>One for r10 = address xor tag, r11 = the entry's offset; and one for r10 = the address of an access that ends in its page.</returns>
    public (nint Miss, nint InPage) Emit(bool write)
    {
        var tag = write ? 8 : 0;
        code.AlignAhead(0, 16);
        var inPage = code.Executable;
        code.Bytes4(0xc4, 0x43, 0xfb, 0xf0); // rorx r11, r10, 7
        code.Bytes2(0xda, 0x07);
        code.Immediate32(And, HostCode.R11, FirstOffsets);
        var inPageLooks = code.JumpLater();

        code.AlignAhead(0, 16);
        var miss = code.Executable;
        code.Bytes3(0x49, 0x81, 0xfa); // cmp r10, 4095
        code.Int32(4095);
        var crosses = code.JumpIf(BelowOrEqual);
        TakeAddress(tag);
        code.Link(inPageLooks, code.Executable);
        EmitLook(write, out var misses);
        EmitCopy();
        code.Byte(0xc3);

        // The first level has the page already: the access goes on in the next.
        code.Link(crosses, code.Executable);
        TakeAddress(tag);
        var leave = code.JumpLater();
        foreach (var site in misses)
        {
            code.Link(site, code.Executable);
        }

        RestoreRegisters();
        code.Link(leave, code.Executable);
        code.PopState(State.ExitSite);
        code.Bytes4(0x65, 0x48, 0x83, 0x04); // add qword gs:[ExitSite], JumpBytes
        code.Byte(0x25);
        code.Int32(State.ExitSite);
        code.Byte(JumpBytes);
        code.StoreState(State.ExitValue, HostCode.R10);
        code.StoreStateImmediate32(State.ExitKindSlot, (int)(write ? ExitKind.MissWrite : ExitKind.MissRead));
        code.Jump(exit);
        return (miss, inPage);
    }

    // The same xor again gives the address back.
    private void TakeAddress(int tag)
    {
        code.Bytes4(0x65, 0x4d, 0x33, 0x53); // xor r10, gs:[r11 + tag]
        code.Byte(tag);
    }

    // rax = the offset of the page's place in the second level, rcx = the host page; r10 and r11 as they were.
    private void EmitLook(bool write, out List<nint> misses)
    {
        code.StoreState(State.MissRax, HostCode.Rax);
        code.StoreState(State.MissRcx, HostCode.Rcx);
        code.Move(HostCode.Rcx, HostCode.R10);
        code.Bytes4(0x48, 0xc1, 0xe9, 12); // shr rcx, 12
        code.MoveImmediate64(HostCode.Rax, State.SecondMultiplier);
        code.Bytes4(0x48, 0x0f, 0xaf, 0xc1); // imul rax, rcx
        code.Bytes4(0x48, 0xc1, 0xe8, SecondShift); // shr rax, SecondShift
        code.Immediate32(And, HostCode.Rax, SecondOffsets);

        LoadSecond(0);
        code.Bytes3(0x4c, 0x31, 0xd1); // xor rcx, r10
        code.Bytes3(0x48, 0x81, 0xf9); // cmp rcx, 4095
        code.Int32(4095);
        misses = [code.JumpIf(Above)];
        if (write)
        {
            // An invalid write tag differs from its own page's addresses, but perhaps not from those of others that have their place here.
            LoadSecond(0);
            code.Bytes4(0x65, 0x48, 0x3b, 0x88); // cmp rcx, gs:[rax + write tag]
            code.Int32(State.Second + 8);
            misses.Add(code.JumpIf(NotEqual));
        }

        // What a flush has emptied since is not in the list of filled entries, so C# fills it.
        code.Bytes4(0x65, 0x49, 0x83, 0x7b); // cmp qword gs:[r11 + 24], 0
        code.Bytes2(24, 0);
        misses.Add(code.JumpIf(Equal));
        LoadSecond(16);
        code.Bytes3(0x48, 0x85, 0xc9); // test rcx, rcx
        misses.Add(code.JumpIf(Equal));
    }

    private void EmitCopy()
    {
        StoreFirst(16);
        LoadSecond(0);
        StoreFirst(0);
        LoadSecond(8);
        StoreFirst(8);
        LoadSecond(24);
        StoreFirst(24);
        code.IncrementState(State.Refills);
        RestoreRegisters();
    }

    private void RestoreRegisters()
    {
        code.LoadState(HostCode.Rcx, State.MissRcx);
        code.LoadState(HostCode.Rax, State.MissRax);
    }

    private void LoadSecond(int word)
    {
        code.Bytes4(0x65, 0x48, 0x8b, 0x88); // mov rcx, gs:[rax + Second + word]
        code.Int32(State.Second + word);
    }

    private void StoreFirst(int word)
    {
        code.Bytes4(0x65, 0x49, 0x89, 0x4b); // mov gs:[r11 + word], rcx
        code.Byte(word);
    }
}
