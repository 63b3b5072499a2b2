using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;
using static Iced.Intel.AssemblerRegisters;
using static Xenolith.Tests.NativeOracle.RandomPieces;

namespace Xenolith.Tests.NativeOracle;

/// <summary>
/// Runs of accesses off few bases, as code that works on structures has them, which the translator checks once for each base: with bases at and across the edges of
/// pages that are missing, read-only or hold code, bases that move by constants or are loaded anew in between, writes behind branches, and live flags.
/// The fault must be that of the CPU, at its instruction, with its address and all that came before it done.
/// </summary>
public sealed class AccessRunTests
{
    private const int Rounds = 6000, NearEdge = 160, Length = 24;

    [Fact]
    public void RunsOfAccessesRunAsOnTheRealCpu() => Check(Rounds, Piece, exactAddress: true);

    // The second level of the soft TLB has what the first has no room for, or no longer; the page edges are between pages that can be written and cannot, or are missing.
    [Fact]
    public void AccessesToPagesThatShareATlbEntryRunAsOnTheRealCpu()
    {
        using var guest = new GuestMachine();

        Check(Rounds, FarPiece, exactAddress: true, guest);

        Assert.InRange(guest.Counter("translator/emitted/tlb-refill"), Rounds / 2, long.MaxValue);
    }

    private static Func<string> FarPiece(Random random, MachineState state, MemoryImage memory)
    {
        var describe = Piece(random, state, memory);
        for (var i = 0; i < state.General.Length; i++)
        {
            if (state.General[i] - AddressMap.Data < AddressMap.DataSize)
            {
                state.General[i] = random.Next(8) switch
                {
                    < 4 => AddressMap.FarData + (ulong)(random.Next(200) * 8),
                    4 => AddressMap.FarReadOnly + (ulong)(random.Next(NearEdge) - (NearEdge / 2)),
                    5 => AddressMap.FarReadOnly - AddressMap.FarData + AddressMap.Data + 0x1000 + (ulong)(random.Next(NearEdge) - (NearEdge / 2)),
                    _ => state.General[i],
                };
            }
        }

        return describe;
    }

    private static Func<string> Piece(Random random, MachineState state, MemoryImage memory)
    {
        var bases = Enumerable.Range(0, 3).Select(_ => Any(random)).ToArray();
        foreach (var register in bases.Append(rsp))
        {
            // Most places are good ones, or no piece would come to its end.
            state.General[Number(register)] = random.Next(3) == 0
                ? RandomPieces.NearEdge(random, NearEdge)
                : AddressMap.Data + 0x1000 + (ulong)(random.Next(200) * 8);
        }

        var code = Place(memory, state.Rip, assembler => Make(assembler, random, bases));
        return () => $"{string.Join(", ", state.General.Select((value, i) => $"{i}={value:x}"))}\n{SequenceTests.Listing(code, state.Rip)}";
    }

    private static void Make(Assembler assembler, Random random, AssemblerRegister64[] bases)
    {
        Label? pending = null;
        for (var i = random.Next(2, Length); i >= 0; i--)
        {
            if (pending is { } label && random.Next(3) == 0)
            {
                assembler.Label(ref label);
                assembler.nop();
                pending = null;
            }

            if (random.Next(3) == 0)
            {
                pending = Between(assembler, random, bases, pending);
            }
            else
            {
                Access(assembler, random, random.Next(6) == 0 ? rsp : bases[random.Next(bases.Length)]);
            }
        }

        if (pending is { } last)
        {
            assembler.Label(ref last);
        }

        if (random.Next(8) != 0)
        {
            // Code of user mode, as this is, is looked at closely only if it uses the stack.
            assembler.push(rax);
            assembler.pop(rax);
        }

        assembler.int3();
    }

    private static void Access(Assembler assembler, Random random, AssemblerRegister64 @base)
    {
        var place = @base + (random.Next(12) == 0 ? random.Next(-700, 700) : (8 * random.Next(-4, 9)) + (random.Next(8) == 0 ? random.Next(8) : 0));
        switch (random.Next(19))
        {
            case 0: assembler.mov(__qword_ptr[place], Any(random)); break;
            case 1: assembler.mov(__dword_ptr[place], random.Next()); break;
            case 2: assembler.add(__qword_ptr[place], Any(random)); break;
            case 3: assembler.adc(Any(random), __qword_ptr[place]); break;
            case 4: assembler.cmp(__dword_ptr[place], random.Next(100)); break;
            case 5: assembler.movzx(ecx, __byte_ptr[place]); break;
            case 6: assembler.mov(__byte_ptr[place], Number(@base) < 8 ? ah : r10b); break;
            case 7: assembler.@lock.xadd(__qword_ptr[place], Any(random)); break;
            case 8: assembler.@lock.cmpxchg(__qword_ptr[place], Any(random)); break;
            case 9: assembler.movups(xmm3, __xmmword_ptr[place]); break;
            case 10: assembler.vmovdqu(__ymmword_ptr[place], ymm9); break;
            case 11: assembler.cmove(Any(random), __qword_ptr[place]); break;
            case 12: assembler.setb(__byte_ptr[place]); break;
            case 13: assembler.inc(__word_ptr[place]); break;
            case 14: assembler.push(__qword_ptr[place]); break;
            case 15: assembler.movsx(Any(random), __word_ptr[place]); break;
            default: assembler.mov(Any(random), __qword_ptr[place]); break;
        }
    }

    // Returns the label of a branch that is not placed yet.
    private static Label? Between(Assembler assembler, Random random, AssemblerRegister64[] bases, Label? pending)
    {
        var @base = bases[random.Next(bases.Length)];
        switch (random.Next(18))
        {
            case 0: assembler.add(@base, 8 * random.Next(-3, 4)); break;
            case 1: assembler.lea(@base, __[bases[random.Next(bases.Length)] + (8 * random.Next(-3, 4))]); break;
            case 2: assembler.dec(@base); break;
            case 3: assembler.mov(@base, bases[random.Next(bases.Length)]); break;
            case 4: assembler.mov(Any(random), Any(random)); break;
            case 5: assembler.push(Any(random)); break;
            case 6: assembler.pop(Any(random)); break;
            case 7: assembler.sub(rsp, 8 * random.Next(5)); break;
            case 8:
                // Most of its flags are undefined.
                assembler.mul(Any(random));
                assembler.test(eax, eax);
                break;
            case 9:
                assembler.mov(ecx, random.Next(3));
                assembler.mov(Any(random), __qword_ptr[@base + (rcx * 8) + 16]);
                break;
            case 10: assembler.mov(__dword_ptr[@base + (rcx * 8) + 8], eax); break;
            case 11: assembler.stosd(); break;
            case 12: assembler.test(Any(random), Any(random)); break;
            case 13: assembler.cdq(); break;
            case 14: assembler.xchg(Any(random), Any(random)); break;
            default:
                if (pending is null)
                {
                    var label = assembler.CreateLabel();
                    if (random.Next(2) == 0)
                    {
                        assembler.jae(label);
                    }
                    else
                    {
                        assembler.jne(label);
                    }

                    return label;
                }

                break;
        }

        return pending;
    }

    private static int Number(AssemblerRegister64 register) => register.Value.GetNumber();
}
