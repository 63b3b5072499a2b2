using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>Which instructions refuse a misaligned memory operand with #GP.</summary>
internal static class AlignedOperands
{
    // MXCSR.MM of AMD: misaligned operands of arithmetic are allowed.
    private const uint MisalignedMode = 1 << 17;

    /// <summary>True if the instruction, with a memory operand of 16 or 32 bytes, requires natural alignment.</summary>
    public static bool Requires(in Instruction instruction, uint mxcsr)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Movaps or Mnemonic.Movapd or Mnemonic.Movdqa or Mnemonic.Movntps or Mnemonic.Movntpd or Mnemonic.Movntdq or Mnemonic.Movntdqa
                or Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovdqa or Mnemonic.Vmovntps or Mnemonic.Vmovntpd or Mnemonic.Vmovntdq or Mnemonic.Vmovntdqa
                or Mnemonic.Cmpxchg16b:
                return true;
            case Mnemonic.Cvtpd2pi or Mnemonic.Cvttpd2pi:
                return (mxcsr & MisalignedMode) == 0;
            case Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu
                or Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64 or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm:
                return false;
            case Mnemonic.Sha1msg1 or Mnemonic.Sha1msg2 or Mnemonic.Sha1nexte or Mnemonic.Sha1rnds4 or Mnemonic.Sha256msg1 or Mnemonic.Sha256msg2 or Mnemonic.Sha256rnds2:
                // AMD does not check these, Intel does: let the CPU decide.
                return false;
            default:
                const int vectorSize = 16;
                return (mxcsr & MisalignedMode) == 0 && instruction.Encoding == EncodingKind.Legacy
                    && instruction.MemorySize.GetSize() == vectorSize && TraitRules.NamesVector(instruction);
        }
    }
}
