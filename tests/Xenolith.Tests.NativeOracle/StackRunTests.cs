using System.Globalization;
using System.Text;
using Iced.Intel;
using Xenolith.Tests.NativeOracle.Forms;
using Xenolith.Tests.NativeOracle.Machine;
using Xenolith.Translator.Decode;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.NativeOracle;

/// <summary>
/// Prologues, epilogues and whatever else uses the stack several times in a row, with the stack at and across the edges of pages that are missing, read-only
/// or hold code: the translator checks such runs once, and must fault where and with what the CPU does.
/// </summary>
public sealed class StackRunTests
{
    private const int Rounds = 4000, MostReported = 3, NearEdge = 96;

    private static readonly AssemblerRegister64[] Registers = [rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    private static readonly ulong[] Edges =
        [AddressMap.Data, AddressMap.Data + 0x1000, AddressMap.Data + 0x2000, AddressMap.Hole, AddressMap.ReadOnlyData, AddressMap.ReadOnlyData + 0x1000, AddressMap.Code + 0x1000];

    [Fact]
    public void RunsOfStackAccessesRunAsOnTheRealCpu()
    {
        using var guest = new GuestMachine();
        var failures = new StringBuilder();
        for (var round = 0; round < Rounds && failures.Length < 4000 * MostReported; round++)
        {
            var random = new Random(round);
            var state = StateMaker.Random(random);
            state.Rflags &= ~0x400UL;
            var memory = MemoryImage.Random(random);
            state.General[4] = Edges[random.Next(Edges.Length)] + (ulong)(random.Next(2 * NearEdge) - NearEdge);
            state.General[4] &= random.Next(4) == 0 ? ulong.MaxValue : ~7UL;
            var code = Make(random, state.Rip);
            code.CopyTo(memory.At(state.Rip, code.Length));
            if (SequenceTests.Compare(guest, state, memory, GuestFlags.None) is { } difference)
            {
                failures.Append(CultureInfo.InvariantCulture, $"\nround {round}, rsp {state.General[4]:x}:{difference}\n{SequenceTests.Listing(code, state.Rip)}");
            }
        }

        Assert.True(failures.Length == 0, failures.ToString());
    }

    private static byte[] Make(Random random, ulong rip)
    {
        var assembler = new Assembler(64);
        var function = assembler.CreateLabel();
        var calls = random.Next(2) == 0;
        Piece(assembler, random);
        if (calls)
        {
            assembler.call(function);
            Piece(assembler, random);
        }

        assembler.int3();
        if (calls)
        {
            assembler.Label(ref function);
            var saved = Enumerable.Range(0, random.Next(7)).Select(_ => Any(random)).ToList();
            foreach (var register in saved)
            {
                assembler.push(register);
                Between(assembler, random);
            }

            foreach (var register in Enumerable.Reverse(saved))
            {
                Between(assembler, random);
                assembler.pop(register);
            }

            assembler.ret((ushort)(random.Next(2) * 8));
        }

        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), rip);
        return stream.ToArray();
    }

    private static void Piece(Assembler assembler, Random random)
    {
        for (var i = random.Next(8); i >= 0; i--)
        {
            switch (random.Next(9))
            {
                case 0: assembler.push(random.Next(-200, 200)); break;
                case 1: assembler.push(rsp); break;
                case 2: assembler.push(__qword_ptr[rsp + (8 * random.Next(4))]); break;
                case 3 or 4 or 5: assembler.push(Any(random)); break;
                default: assembler.pop(Any(random)); break;
            }

            Between(assembler, random);
        }
    }

    // What compilers put between: register moves and arithmetic, with flags that live across the stack's use.
    private static void Between(Assembler assembler, Random random)
    {
        switch (random.Next(14))
        {
            case 0: assembler.mov(Any(random), Any(random)); break;
            case 1: assembler.add(Any(random), Any(random)); break;
            case 2: assembler.adc(Any(random), Any(random)); break;
            case 3: assembler.setb(al); break;
            case 4: assembler.cmovle(Any(random), Any(random)); break;
            case 5: assembler.lea(Any(random), __[Any(random) + (Any(random) * 4) + 24]); break;
            case 6: assembler.mov(rbp, rsp); break;
            case 7: assembler.inc(Any(random)); break;
            case 8: assembler.test(Any(random), Any(random)); break;
            case 9: assembler.mov(__qword_ptr[rsp], Any(random)); break;
            default: break;
        }
    }

    private static AssemblerRegister64 Any(Random random) => Registers[random.Next(Registers.Length)];
}
