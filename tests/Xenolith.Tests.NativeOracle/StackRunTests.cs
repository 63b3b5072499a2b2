using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Xenolith.Tests.NativeOracle.RandomPieces;

namespace Xenolith.Tests.NativeOracle;

/// <summary>
/// Prologues, epilogues and whatever else uses the stack several times in a row, with the stack at and across the edges of pages that are missing, read-only
/// or hold code: the translator checks such runs once, and must fault where and with what the CPU does.
/// </summary>
public sealed class StackRunTests
{
    private const int Rounds = 4000, NearEdge = 96;

    [Fact]
    public void RunsOfStackAccessesRunAsOnTheRealCpu() => Check(Rounds, (random, state, memory) =>
    {
        state.General[4] = RandomPieces.NearEdge(random, NearEdge);
        state.General[4] &= random.Next(4) == 0 ? ulong.MaxValue : ~7UL;
        var code = Place(memory, state.Rip, assembler => Make(assembler, random));
        return () => $"rsp {state.General[4]:x}\n{SequenceTests.Listing(code, state.Rip)}";
    });

    private static void Make(Assembler assembler, Random random)
    {
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
}
