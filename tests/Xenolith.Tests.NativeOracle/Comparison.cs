using System.Globalization;
using System.Text;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle;

/// <summary>Runs a form on both machines and says in words where they differ.</summary>
internal static class Comparison
{
    // CF, PF, AF, ZF, SF, TF, DF, OF.
    private const ulong ComparedFlags = 0xDD5;

    /// <summary>Null if both agree, else the differences.</summary>
    public static string? Run(InstructionForm form, GuestMachine guest)
    {
        var nativeMemory = form.Memory.Copy();
        var guestMemory = form.Memory.Copy();
        var native = NativeCpu.Run(form.State, nativeMemory);
        var translated = guest.Run(form.State, guestMemory);
        if (KnownDifferences.IsRefusedBranch(form.Instruction, native, translated))
        {
            return null;
        }

        var facts = InstructionTable.Of(form.Instruction);
        var ignored = Bits(facts.FlagsUndefined);
        KnownDifferences.Forgive(form.Instruction, facts, native, translated, ref ignored);
        var difference = Describe(native, translated, ignored);
        if (nativeMemory.FirstDifference(guestMemory) is { } address)
        {
            difference += string.Create(CultureInfo.InvariantCulture, $" memory at {address:x}: {Bytes(nativeMemory, address)} / {Bytes(guestMemory, address)};");
        }

        return difference.Length == 0 ? null : $"{difference} {guest.Log}".Trim();
    }

    /// <summary>The differences of two outcomes, native first.</summary>
    public static string Describe(MachineState native, MachineState translated, ulong ignoredFlags)
    {
        var text = new StringBuilder();
        Check(text, "vector", native.Vector, translated.Vector);
        Check(text, "error code", native.ErrorCode, translated.ErrorCode);
        Check(text, "fault address", native.FaultAddress, translated.FaultAddress);
        Check(text, "rip", native.Rip, translated.Rip);
        for (var i = 0; i < 16; i++)
        {
            Check(text, (Register.RAX + i).ToString(), native.General[i], translated.General[i]);
        }

        var compared = ComparedFlags & ~ignoredFlags;
        Check(text, "flags", native.Rflags & compared, translated.Rflags & compared);
        Check(text, "mxcsr", native.Mxcsr, translated.Mxcsr);
        for (var i = 0; i < 16; i++)
        {
            CheckBytes(text, $"ymm{i}", native.Vectors.AsSpan(32 * i, 32), translated.Vectors.AsSpan(32 * i, 32));
        }

        // Control, status and tag words; not the opcode and the pointers of the last x87 instruction.
        CheckBytes(text, "x87 control", native.X87.AsSpan(0, 5), translated.X87.AsSpan(0, 5));
        for (var i = 0; i < 8; i++)
        {
            CheckBytes(text, $"st{i}", native.X87.AsSpan(32 + (16 * i), 10), translated.X87.AsSpan(32 + (16 * i), 10));
        }

        return text.ToString();
    }

    /// <summary>RFLAGS bits of a set of flags.</summary>
    public static ulong Bits(GuestFlags flags)
    {
        ulong bits = 0;
        bits |= (flags & GuestFlags.Carry) != 0 ? 1UL : 0;
        bits |= (flags & GuestFlags.Parity) != 0 ? 4UL : 0;
        bits |= (flags & GuestFlags.Adjust) != 0 ? 0x10UL : 0;
        bits |= (flags & GuestFlags.Zero) != 0 ? 0x40UL : 0;
        bits |= (flags & GuestFlags.Sign) != 0 ? 0x80UL : 0;
        bits |= (flags & GuestFlags.Overflow) != 0 ? 0x800UL : 0;
        return bits;
    }

    private static string Bytes(MemoryImage image, ulong address)
    {
        var left = AddressMap.Page - (int)(address & (AddressMap.Page - 1));
        return Convert.ToHexString(image.At(address, Math.Min(left, 16)));
    }

    private static void Check(StringBuilder text, string what, ulong native, ulong translated)
    {
        if (native != translated)
        {
            text.Append(CultureInfo.InvariantCulture, $" {what} {native:x} / {translated:x};");
        }
    }

    private static void CheckBytes(StringBuilder text, string what, ReadOnlySpan<byte> native, ReadOnlySpan<byte> translated)
    {
        if (!native.SequenceEqual(translated))
        {
            text.Append(CultureInfo.InvariantCulture, $" {what} {Convert.ToHexString(native)} / {Convert.ToHexString(translated)};");
        }
    }
}
