using System.Globalization;
using System.Text;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;

namespace Xenolith.Tests.NativeOracle;

/// <summary>Random pieces of code of two to thirty instructions on both machines.</summary>
public sealed class SequenceTests
{
    private const int DefaultSeed = 4711, DefaultRounds = 1500, MostReported = 5;

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(30)]
    public void PiecesOfCodeRunAsOnTheRealCpu(int length)
    {
        var seed = Setting("ORACLE_SEED", DefaultSeed);
        var rounds = Setting("ORACLE_ROUNDS", DefaultRounds);
        using var guest = new GuestMachine();
        var maker = new SequenceMaker();
        var failures = new StringBuilder();
        var failed = 0;
        for (var round = 0; round < rounds && failed < MostReported; round++)
        {
            var random = new Random(unchecked((seed * 7919) + (length * 100_003) + round));
            var state = StateMaker.Random(random);
            var memory = MemoryImage.Random(random);
            var code = maker.Make(random, length, state);
            code.CopyTo(memory.At(state.Rip, code.Length));
            if (Compare(guest, state, memory, maker.Undefined) is { } difference)
            {
                failed++;
                failures.Append(CultureInfo.InvariantCulture, $"\nseed {seed}, length {length}, round {round}:{difference}\n{Listing(code, state.Rip)}");
            }
        }

        Assert.True(failed == 0, failures.ToString());
    }

    /// <summary>Runs code that stands at RIP on both machines; words for what differs, or null.</summary>
    internal static string? Compare(GuestMachine guest, MachineState state, MemoryImage memory, GuestFlags undefined, bool exactAddress = false)
    {
        var nativeMemory = memory.Copy();
        var guestMemory = memory.Copy();
        var native = NativeCpu.Run(state, nativeMemory);
        var translated = guest.Run(state, guestMemory);

        // At a fault, flags that what follows overwrites may be gone: see KnownDifferences.Forgive.
        var ignored = native.Vector == 3 ? Comparison.Bits(undefined) : Comparison.Bits(GuestFlags.Arithmetic);
        if (!exactAddress && native.Vector == 14 && (native.FaultAddress ^ translated.FaultAddress) < AddressMap.Page)
        {
            translated.FaultAddress = native.FaultAddress;
        }

        KnownDifferences.ForgiveHostMappings(native, translated);
        var difference = Comparison.Describe(native, translated, ignored);
        if (nativeMemory.FirstDifference(guestMemory) is { } address)
        {
            difference += string.Create(CultureInfo.InvariantCulture, $" memory at {address:x};");
        }

        return difference.Length == 0 ? null : difference + guest.Log;
    }

    /// <summary>Disassembles.</summary>
    internal static string Listing(byte[] code, ulong rip)
    {
        var text = new StringBuilder();
        var decoder = Iced.Intel.Decoder.Create(64, code, rip);
        while (decoder.IP < rip + (ulong)code.Length)
        {
            decoder.Decode(out var instruction);
            text.Append(CultureInfo.InvariantCulture, $"    {instruction.IP:x} {instruction}\n");
        }

        return text.ToString();
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
