using Iced.Intel;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.Unit.Translator.Decode;

/// <summary>The instruction table: what must never run as itself, and the facts that emitters rely on.</summary>
public sealed class InstructionTableTests
{
    [Theory]
    [InlineData("0F01F9")] // rdtscp
    [InlineData("F30FC7F8")] // rdpid
    [InlineData("0F03C3")] // lsl
    [InlineData("0F02C3")] // lar
    [InlineData("0F00E0")] // verr
    [InlineData("0F00E8")] // verw
    [InlineData("0F0100")] // sgdt
    [InlineData("0F0108")] // sidt
    [InlineData("0F00C0")] // sldt
    [InlineData("0F00C8")] // str
    [InlineData("0F01E0")] // smsw
    [InlineData("8ED8")] // mov ds, ax
    [InlineData("8CD8")] // mov eax, ds
    [InlineData("0FA1")] // pop fs
    [InlineData("0FA8")] // push gs
    [InlineData("F30FAEC0")] // rdfsbase
    [InlineData("F30FAED8")] // wrgsbase
    [InlineData("0F01F8")] // swapgs
    [InlineData("9C")]
    [InlineData("9D")]
    [InlineData("48CF")] // iretq
    [InlineData("48CB")] // retfq
    [InlineData("FF28")] // jmp far
    [InlineData("EC")]
    [InlineData("EE")]
    [InlineData("FA")]
    [InlineData("FB")]
    [InlineData("F4")]
    [InlineData("0F20C0")] // mov rax, cr0
    [InlineData("0F23C0")] // mov dr0, rax
    [InlineData("0F06")] // clts
    [InlineData("0F09")] // wbinvd
    [InlineData("0F33")] // rdpmc
    [InlineData("CD80")]
    [InlineData("0F0B")]
    [InlineData("0FA2")] // cpuid
    [InlineData("0F05")]
    [InlineData("0FAE20")] // xsave
    [InlineData("0F01D0")] // xgetbv
    [InlineData("C4E279900488")] // vgather
    [InlineData("0FF7C1")] // maskmovq
    [InlineData("0F01EF")] // wrpkru: would change the host's rights to its own memory
    [InlineData("62F17C482800")] // EVEX
    [InlineData("8FE97801C1")] // XOP
    [InlineData("0F0FC19E")] // 3DNow!
    [InlineData("C7F800000000")] // xbegin
    public void IsNeverCopied(string code) => Assert.NotEqual(InstructionClass.Copy, Facts(code).Class);

    [Theory]
    [InlineData("488D0408", InstructionTraits.AddressOnly)] // lea
    [InlineData("0F180E", InstructionTraits.AddressOnly | InstructionTraits.Nop)] // prefetcht0
    [InlineData("0F1F440000", InstructionTraits.AddressOnly | InstructionTraits.Nop)]
    [InlineData("F30F1EFA", InstructionTraits.Nop)] // endbr64
    [InlineData("F3480F1EC8", InstructionTraits.Nop)] // rdsspq without shadow stacks
    [InlineData("F0480FC70E", InstructionTraits.Locked | InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory)] // lock cmpxchg16b
    [InlineData("8707", InstructionTraits.Locked | InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory)] // xchg locks by itself
    [InlineData("480FA307", InstructionTraits.BitString | InstructionTraits.ReadsMemory)]
    [InlineData("480FAB07", InstructionTraits.BitString | InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory)]
    [InlineData("C4E27D2C0F", InstructionTraits.MaskedMemory | InstructionTraits.ReadsMemory | InstructionTraits.Vector)]
    [InlineData("0FAE3F", InstructionTraits.ReadsMemory)] // clflush faults like a read
    [InlineData("D9E8", InstructionTraits.X87)]
    [InlineData("0F57C0", InstructionTraits.Vector)]
    [InlineData("0F77", InstructionTraits.X87)] // emms
    [InlineData("F7F1", InstructionTraits.MayRaise)] // div
    public void TraitsAreThere(string code, object traits)
    {
        var facts = Facts(code);
        Assert.Equal((InstructionTraits)traits, facts.Traits & (InstructionTraits)traits);
    }

    [Theory]
    [InlineData("01D8", GuestFlags.None, GuestFlags.Arithmetic)] // add
    [InlineData("11D8", GuestFlags.Carry, GuestFlags.Arithmetic)] // adc
    [InlineData("FFC0", GuestFlags.None, GuestFlags.Arithmetic & ~GuestFlags.Carry)] // inc
    [InlineData("D3E0", GuestFlags.None, GuestFlags.None)] // shl eax, cl: a zero count keeps all
    [InlineData("C1E000", GuestFlags.None, GuestFlags.None)] // shl eax, 0
    [InlineData("C1E003", GuestFlags.None, GuestFlags.Arithmetic)]
    [InlineData("C0D009", GuestFlags.Carry, GuestFlags.Overflow)] // rcl al, 9
    [InlineData("F3A6", GuestFlags.Direction, GuestFlags.None)] // repe cmpsb: a zero count keeps all
    [InlineData("A6", GuestFlags.Direction, GuestFlags.Arithmetic)]
    [InlineData("9F", GuestFlags.Arithmetic & ~GuestFlags.Overflow, GuestFlags.None)] // lahf
    [InlineData("FC", GuestFlags.None, GuestFlags.Direction)] // cld
    public void FlagsAreSafeForLiveness(string code, object read, object killed)
    {
        var facts = Facts(code);
        Assert.Equal((GuestFlags)read, facts.FlagsRead);
        Assert.Equal((GuestFlags)killed, facts.FlagsKilled);
    }

    [Fact]
    public void ARowIsTheSameFromTheTableAndComputed()
    {
        foreach (var code in (string[])["488B07", "4889D8", "0F58C1", "0F5807", "D80F", "F348A5", "F00FC107", "C1E003"])
        {
            var instruction = Decode(code);
            Assert.Equal(InstructionTable.Compute(instruction), InstructionTable.Of(instruction));
            Assert.Equal(InstructionTable.Compute(instruction), InstructionTable.Of(instruction));
        }
    }

    private static InstructionFacts Facts(string code) => InstructionTable.Of(Decode(code));

    private static Instruction Decode(string code)
    {
        var decoder = Iced.Intel.Decoder.Create(64, Convert.FromHexString(code), 0x1000);
        decoder.Decode(out var instruction);
        return instruction;
    }
}
