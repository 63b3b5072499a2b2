using System.Globalization;
using System.Text;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.NativeOracle;

/// <summary>Pieces of code of one kind, each another one, that must run on both machines alike. A round's number is its seed.</summary>
internal static class RandomPieces
{
    private const int MostReported = 3, MostCharacters = 4000;
    private const ulong DirectionFlag = 0x400;

    private static readonly AssemblerRegister64[] Registers = [rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    private static readonly ulong[] Edges =
        [AddressMap.Data, AddressMap.Data + 0x1000, AddressMap.Data + 0x2000, AddressMap.Hole, AddressMap.ReadOnlyData, AddressMap.ReadOnlyData + 0x1000, AddressMap.Code + 0x1000];

    /// <summary>Makes a piece: changes the random <paramref name="state"/> as it likes and writes code to where RIP points; words for a piece that failed.</summary>
    public delegate Func<string> Maker(Random random, MachineState state, MemoryImage memory);

    /// <summary>Runs that many pieces, and fails with the first few of those that differ.</summary>
    public static void Check(int rounds, Maker make, bool exactAddress = false)
    {
        using var guest = new GuestMachine();
        Check(rounds, make, exactAddress, guest);
    }

    /// <summary>The same on a machine of the caller's.</summary>
    public static void Check(int rounds, Maker make, bool exactAddress, GuestMachine guest)
    {
        var failures = new StringBuilder();
        for (var round = 0; round < rounds && failures.Length < MostCharacters * MostReported; round++)
        {
            var random = new Random(round);
            var state = StateMaker.Random(random);
            state.Rflags &= ~DirectionFlag;
            var memory = MemoryImage.Random(random);
            var describe = make(random, state, memory);
            if (SequenceTests.Compare(guest, state, memory, GuestFlags.None, exactAddress) is { } difference)
            {
                failures.Append(CultureInfo.InvariantCulture, $"\nround {round}:{difference}\n{describe()}");
            }
        }

        Assert.True(failures.Length == 0, failures.ToString());
    }

    /// <summary>Assembles code that begins at an address, into the memory there.</summary>
    public static byte[] Place(MemoryImage memory, ulong address, Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        var code = stream.ToArray();
        code.CopyTo(memory.At(address, code.Length));
        return code;
    }

    /// <summary>Any register but the stack pointer.</summary>
    public static AssemblerRegister64 Any(Random random) => Registers[random.Next(Registers.Length)];

    /// <summary>An address less than that many bytes before or behind the edge of a page whose neighbour is missing, read-only or code.</summary>
    public static ulong NearEdge(Random random, int bytes) => Edges[random.Next(Edges.Length)] + (ulong)(random.Next(2 * bytes) - bytes);
}
