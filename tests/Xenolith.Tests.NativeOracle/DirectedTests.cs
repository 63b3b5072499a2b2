using Xenolith.Engine;
using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle;

/// <summary>Situations that random forms reach seldom, each on both machines: precise exceptions, page edges, traps, and code that changes itself.</summary>
public sealed class DirectedTests : IDisposable
{
    private const ulong Trap = 0x100;
    private readonly GuestMachine _guest = new();
    private readonly MachineState _state;
    private readonly MemoryImage _memory;

    public DirectedTests()
    {
        var random = new Random(7);
        _state = StateMaker.Random(random);
        _state.Rflags = 0x202;
        _state.Mxcsr = 0x1F80;
        _memory = MemoryImage.Random(random);
    }

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData("488B00", AddressMap.Hole - 4, 14u, 4u)] // mov rax, [rax]: the second page is missing
    [InlineData("488900", AddressMap.Hole - 4, 14u, 6u)]
    [InlineData("488900", AddressMap.ReadOnlyData - 4, 14u, 7u)] // the second page is read-only
    [InlineData("488B00", AddressMap.ReadOnlyData - 4, 3u, 0u)]
    [InlineData("480118", AddressMap.ReadOnlyData, 14u, 7u)] // add [rax], rbx
    [InlineData("488B00", 0x8000_0000_0000_0000UL, 13u, 0u)] // not canonical
    [InlineData("488B00", 0x0000_7FFF_FFFF_FFFCUL, 13u, 0u)] // half canonical
    [InlineData("0F2800", AddressMap.Data + 8, 13u, 0u)] // movaps, misaligned
    [InlineData("0F2800", AddressMap.Hole - 8, 13u, 0u)] // #GP comes before #PF
    [InlineData("C5FC2800", AddressMap.Data + 16, 13u, 0u)] // vmovaps ymm, misaligned
    [InlineData("F7F8", 0ul, 0u, 0u)] // idiv eax with eax = 0
    [InlineData("0F0B", 0ul, 6u, 0u)] // ud2
    [InlineData("CC", 0ul, 3u, 0u)]
    [InlineData("62F17C482800", AddressMap.Data, 6u, 0u)] // vmovaps zmm: AVX-512 is not offered
    [InlineData("FFE0", AddressMap.NoExecute, 14u, 0x15u)] // fetch from a page with NX
    [InlineData("FFE0", AddressMap.Hole, 14u, 0x14u)]
    public void ExceptionsArePrecise(string code, ulong rax, uint vector, uint errorCode)
    {
        Code(code);
        _state.General[0] = rax;
        var offered = !code.StartsWith("62", StringComparison.Ordinal);
        var outcome = Both(compareWithNative: offered);
        Assert.Equal(vector, outcome.Vector);
        Assert.Equal(errorCode, outcome.ErrorCode);
    }

    [Theory]
    [InlineData("488B0425", AddressMap.Data + 0x18, 3u, 0u)] // mov rax, [constant]
    [InlineData("48890425", AddressMap.Data + 0x18, 3u, 0u)]
    [InlineData("488B0425", AddressMap.Hole - 8, 3u, 0u)] // up to the last byte of a page
    [InlineData("488B0425", AddressMap.Hole - 7, 14u, 4u)] // one byte across
    [InlineData("48890425", AddressMap.Hole - 7, 14u, 6u)]
    [InlineData("488B0425", AddressMap.Hole, 14u, 4u)]
    [InlineData("488B0425", AddressMap.ReadOnlyData, 3u, 0u)]
    [InlineData("48890425", AddressMap.ReadOnlyData, 14u, 7u)]
    [InlineData("48011C25", AddressMap.ReadOnlyData + 8, 14u, 7u)] // add [constant], rbx
    [InlineData("48011C25", AddressMap.Data + 0xffc, 3u, 0u)] // from page to page
    [InlineData("48891C25", AddressMap.Code + 0x800, 3u, 0u)] // into a page with code
    [InlineData("0F280425", AddressMap.Data + 8, 13u, 0u)] // movaps, misaligned
    public void AccessesToConstantAddressesArePrecise(string code, ulong address, uint vector, uint errorCode)
    {
        Code(code + Convert.ToHexString(BitConverter.GetBytes((uint)address)) + "CC");
        var outcome = Both();
        Assert.Equal(vector, outcome.Vector);
        Assert.Equal(errorCode, outcome.ErrorCode);
    }

    [Theory]
    [InlineData("FFE0")] // jmp rax
    [InlineData("FFD0")] // call rax
    [InlineData("C3")]
    public void ABranchToANonCanonicalAddressIsGp(string code)
    {
        // The CPU faults at the branch, the translator at the target: see KnownDifferences.
        Code(code);
        _state.General[0] = 0x8000_0000_0000_0000UL;
        BitConverter.GetBytes(_state.General[0]).CopyTo(_memory.At(_state.General[4], 8));
        Assert.Equal(13u, NativeCpu.Run(_state, _memory.Copy()).Vector);
        Assert.Equal(13u, _guest.Run(_state, _memory.Copy()).Vector);
    }

    [Theory]
    [InlineData("493E89D8CC")] // REX.WB, DS: mov eax, ebx
    [InlineData("4866B83412CC")] // REX.W, 66: mov ax, 0x1234
    [InlineData("41F30FB8C3CC")] // REX.B, F3: popcnt eax, ebx
    [InlineData("45644989D9CC")] // REX.RB, FS, REX.WB: mov r9, rbx
    public void ARexPrefixBeforeAnotherPrefixIsNone(string code)
    {
        Code(code);
        Assert.Equal(3u, Both().Vector);
    }

    [Fact]
    public void ADivisionByZeroInMemoryKeepsEverything()
    {
        Code("488D5801" + "48F730"); // lea rbx, [rax+1] ; div qword [rax]
        _state.General[0] = AddressMap.Data + 64;
        _memory.At(AddressMap.Data + 64, 8).Clear();
        Assert.Equal(0u, Both().Vector);
    }

    [Fact]
    public void AnUnmaskedSimdExceptionIsXm()
    {
        _state.Mxcsr = 0x1F80 & ~0x200u; // divide by zero unmasked
        Code("0F5EC1"); // divps xmm0, xmm1
        _state.Vectors.AsSpan(0, 16).Fill(0x3F);
        _state.Vectors.AsSpan(32, 16).Clear();
        Assert.Equal(19u, Both().Vector);
    }

    [Fact]
    public void APendingX87ExceptionIsMfAtTheNextInstruction()
    {
        Code("D9EED9E8DEF99BD9E8"); // fldz ; fld1 ; fdivp ; wait ; fld1
        _state.X87[0] = 0x7B; // divide by zero unmasked
        _state.X87[1] = 0x03;
        _state.X87[2] = _state.X87[3] = 0;
        _state.X87[4] = 0;
        Code("D9E8D9EEDEF99BD9E8"); // fld1 ; fldz ; fdivp ; wait
        Assert.Equal(16u, Both().Vector);
    }

    [Fact]
    public void TaskSwitchedMakesVectorInstructionsNm()
    {
        foreach (var code in (string[])["0FEFC0", "0F57C0", "D9E8", "C5FC57C0", "0F77", "0FAE00", "DBE3"])
        {
            Code(code);
            _state.General[0] = AddressMap.Data;
            _state.TaskSwitched = true;
            var outcome = _guest.Run(_state, _memory.Copy());
            Assert.True(outcome.Vector == 7, $"{code}: vector {outcome.Vector}");
            Assert.Equal(_state.Rip, outcome.Rip);
            _state.TaskSwitched = false;
            Assert.Equal(3u, _guest.Run(_state, _memory.Copy()).Vector);
        }
    }

    [Theory]
    [InlineData("90")]
    [InlineData("4801D8")] // add rax, rbx
    [InlineData("488B07")] // mov rax, [rdi]
    [InlineData("50")] // push rax
    [InlineData("EB10")] // jmp
    [InlineData("7510")] // jnz
    [InlineData("E810000000")] // call
    [InlineData("FFE6")] // jmp rsi
    [InlineData("F3A4")] // rep movsb: a trap after each element
    [InlineData("9C")] // pushfq shows TF
    [InlineData("9D")] // popfq
    [InlineData("F00FB107")] // lock cmpxchg [rdi], eax
    [InlineData("0F58C1")]
    public void TheTrapFlagStepsOneInstruction(string code)
    {
        Code(code);
        _state.Rflags |= Trap;
        _state.General[1] = 5;
        _state.General[6] = AddressMap.Code + 0x900;
        _state.General[7] = AddressMap.Data + 0x100;
        _memory.At(_state.General[4], 8).Clear();
        Assert.Equal(1u, Both().Vector);
    }

    [Fact]
    public void APopThatSetsTfTrapsAfterTheNextInstruction()
    {
        Code("9D" + "4801D8" + "90"); // popfq ; add rax, rbx ; nop
        BitConverter.GetBytes(0x302UL).CopyTo(_memory.At(_state.General[4], 8));
        var outcome = Both();
        Assert.Equal(1u, outcome.Vector);
        Assert.Equal(_state.Rip + 4, outcome.Rip);
    }

    [Theory]
    [InlineData("F3A4", 1)] // rep movsb
    [InlineData("F348A5", 8)] // rep movsq
    [InlineData("F3AA", 1)] // rep stosb
    [InlineData("F348AB", 8)] // rep stosq
    [InlineData("F3A6", 1)] // repe cmpsb
    [InlineData("F2AE", 1)] // repne scasb
    [InlineData("F3AC", 1)] // rep lodsb
    public void AStringInstructionStopsWhereItFaults(string code, int size)
    {
        Code(code);
        _memory.At(AddressMap.Data, AddressMap.DataSize).Fill(0x55);
        _state.General[0] = code[2] == 'A' && code[3] == 'E' ? 0xAAUL : 0x5555_5555_5555_5555UL;
        _state.General[1] = 1000;
        _state.General[6] = AddressMap.Hole - (ulong)(100 * size);
        _state.General[7] = code == "F3A6" ? AddressMap.Hole - (ulong)(200 * size) : AddressMap.Hole - (ulong)(60 * size);
        var outcome = Both();
        Assert.Equal(14u, outcome.Vector);
        Assert.Equal(_state.Rip, outcome.Rip);
        Assert.NotEqual(_state.General[1], outcome.General[1]);
    }

    [Fact]
    public void ALongOverlappingCopyRepeatsItsPattern()
    {
        Code("F3A4");
        _state.General[1] = 9000;
        _state.General[6] = AddressMap.Data + 3;
        _state.General[7] = AddressMap.Data + 8;
        Assert.Equal(3u, Both().Vector);
    }

    [Fact]
    public void ABackwardCopyAcrossPagesAgrees()
    {
        Code("FD" + "F348A5" + "FC"); // std ; rep movsq ; cld
        _state.General[1] = 700;
        _state.General[6] = AddressMap.Data + 0x2FF9;
        _state.General[7] = AddressMap.Data + 0x2FFC;
        Assert.Equal(3u, Both().Vector);
    }

    [Fact]
    public void FlagsLiveAcrossMemoryAccesses()
    {
        // cmp eax, ebx ; mov [rdi], rcx ; movaps xmm1, [rdi] ; push rdx ; setl al ; adc rcx, [rdi+64] ; lahf
        Code("39D8" + "48890F" + "0F280F" + "52" + "0F9CC0" + "48134F40" + "9F");
        _state.General[7] = AddressMap.Data + 0x100;
        Assert.Equal(3u, Both().Vector);
    }

    [Fact]
    public void AStoreIntoTheNextInstructionIsSeen()
    {
        // mov byte [rip+0], 0x41 turns the following "inc eax" (FF C0) into ... : patch the immediate of mov ecx, imm32.
        // C6 05 rel32 imm8 = mov byte [rip+rel], imm8 (7 bytes) ; B9 imm32
        Code("C60501000000AA" + "B911223344");
        var outcome = Both();
        Assert.Equal(0x443322AAUL, outcome.General[1]);
    }

    [Fact]
    public void ALoopThatPatchesItselfAgrees()
    {
        // mov ecx, 5 ; L: add eax, 1 (83 C0 ib) ; inc byte [imm8 of the add] ; dec ecx ; jnz L
        Code("B905000000" + "83C001" + "FE05F9FFFFFF" + "FFC9" + "75F3");
        _state.General[0] = 0;
        var outcome = Both();
        Assert.Equal(3u, outcome.Vector);
        Assert.Equal(1UL + 2 + 3 + 4 + 5, outcome.General[0]);
    }

    [Theory]
    [InlineData("F3AA")] // rep stosb
    [InlineData("F3A4")] // rep movsb
    [InlineData("660F7F07")] // movdqa [rdi], xmm0
    [InlineData("F0480FB11F")] // lock cmpxchg [rdi], rbx
    public void AnyStoreIntoCodeIsSeen(string store)
    {
        // The store writes into the page that it runs on, behind itself; then the new bytes run: inc eax, or whatever it wrote, then int3.
        Code(store + "E9BB000000");
        var target = (AddressMap.Code + 0x40 + (ulong)(store.Length / 2) + 5 + 0xBB) & ~15UL;
        var jump = BitConverter.GetBytes((int)(target - (AddressMap.Code + 0x40 + (ulong)(store.Length / 2) + 5)));
        jump.CopyTo(_memory.At(_state.Rip + (ulong)(store.Length / 2) + 1, 4));
        Convert.FromHexString("FFC0FFC0FFC0FFC0CCCCCCCCCCCCCCCC").CopyTo(_memory.At(target, 16));
        Convert.FromHexString("FFC3FFC3FFC3FFC3CCCCCCCCCCCCCCCC").CopyTo(_memory.At(AddressMap.Data + 0x100, 16));
        Convert.FromHexString("FFC1FFC1FFC1FFC1CCCCCCCCCCCCCCCC").CopyTo(_state.Vectors.AsSpan(0, 16));
        var before = _state.Copy();
        _state.Rip = target;
        Assert.Equal(3u, Both().Vector);
        _state.Rip = before.Rip;
        _state.General[0] = 0xC0FF_C0FF_C0FF_C0FF;
        _state.General[1] = 4;
        _state.General[3] = 0xCCCC_CCCC_C1FF_C2FF;
        _state.General[6] = AddressMap.Data + 0x100;
        _state.General[7] = target;
        if (store.StartsWith("F048", StringComparison.Ordinal))
        {
            _state.General[0] = BitConverter.ToUInt64(_memory.At(target, 8));
        }

        Assert.NotEqual(14u, Both().Vector);
    }

    [Theory]
    [InlineData("488B0424")] // mov rax, [rsp]
    [InlineData("488B4500")] // mov rax, [rbp]
    [InlineData("50")]
    [InlineData("58")]
    [InlineData("C9")] // leave
    [InlineData("C3")]
    [InlineData("E800000000")]
    [InlineData("9C")]
    public void ANonCanonicalStackIsSs(string code)
    {
        Code(code);
        _state.General[4] = _state.General[5] = 0x8000_0000_0000_0100;
        Assert.Equal(12u, Both().Vector);
    }

    [Fact]
    public void CodeChangedBetweenRunsIsTranslatedAgain()
    {
        Code("B801000000"); // mov eax, 1
        Assert.Equal(1UL, Both().General[0]);
        Code("B802000000");
        Assert.Equal(2UL, Both().General[0]);
    }

    [Fact]
    public void AnInstructionAcrossTwoCodePagesRuns()
    {
        _state.Rip = AddressMap.Code + AddressMap.Page - 3;
        Code("48B8" + "8877665544332211"); // mov rax, imm64
        Assert.Equal(0x1122334455667788UL, Both().General[0]);
    }

    [Fact]
    public void AnInterruptReturnToTheSameSegmentsIsNative()
    {
        // The kernel's sync_core: rip, cs, rflags, rsp, ss on the stack.
        Code("48CF");
        var frame = new ulong[] { AddressMap.Code + 0x700, 0xE033, 0xED7, AddressMap.Data + 0x340, 0xE02B };
        for (var i = 0; i < frame.Length; i++)
        {
            BitConverter.GetBytes(frame[i]).CopyTo(_memory.At(_state.General[4] + (ulong)(8 * i), 8));
        }

        var outcome = _guest.Run(_state, _memory);
        Assert.Equal(3u, outcome.Vector);
        Assert.Equal(AddressMap.Code + 0x701, outcome.Rip);
        Assert.Equal(AddressMap.Data + 0x340, outcome.General[4]);
        Assert.Equal(0xCD5UL, outcome.Rflags & 0xCD5);
    }

    [Theory]
    [InlineData("F4")] // hlt
    [InlineData("FA")] // cli
    [InlineData("0F20C0")] // mov rax, cr0
    [InlineData("0F32")] // rdmsr
    [InlineData("0FA2")] // cpuid
    [InlineData("E460")] // in al, 0x60
    [InlineData("0F01F8")] // swapgs
    [InlineData("0F02C3")] // lar eax, ebx
    [InlineData("0F01D1")] // xsetbv
    public void PrivilegedInstructionsLeaveUntouched(string code)
    {
        Code(code);
        var outcome = _guest.Run(_state, _memory);
        Assert.Equal(ExitReason.Privileged, _guest.Reason);
        Assert.Equal(_state.Rip, outcome.Rip);
        Assert.Equal(_state.General, outcome.General);
    }

    private void Code(string hexadecimal) => Convert.FromHexString(hexadecimal).CopyTo(_memory.At(_state.Rip, hexadecimal.Length / 2));

    private MachineState Both(bool compareWithNative = true)
    {
        var guestMemory = _memory.Copy();
        var translated = _guest.Run(_state, guestMemory);
        if (!compareWithNative)
        {
            return translated;
        }

        var nativeMemory = _memory.Copy();
        var native = NativeCpu.Run(_state, nativeMemory);

        // At a fault, flags that what follows overwrites may be gone: see KnownDifferences.Forgive.
        var ignored = native.Vector is 1 or 3 ? 0 : Comparison.Bits(GuestFlags.Arithmetic);
        Assert.Equal(string.Empty, Comparison.Describe(native, translated, ignored) + _guest.Log);
        Assert.Null(nativeMemory.FirstDifference(guestMemory));
        return translated;
    }
}
