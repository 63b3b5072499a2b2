using Iced.Intel;
using Xenolith.Tests.NativeOracle.Machine;
using static Iced.Intel.AssemblerRegisters;
using static Xenolith.Tests.NativeOracle.RandomPieces;

namespace Xenolith.Tests.NativeOracle;

/// <summary>
/// Flags across branches of every kind, on one page and to another: the translator leaves them where they are when it jumps, in the processor or in their
/// slot, and loads them only for a target that reads them. Each piece goes round three times: first unlinked, then linked.
/// </summary>
public sealed class BranchFlagsTests
{
    private const int Rounds = 3000;
    private const ulong Start = AddressMap.Code + 0x10, Back = AddressMap.Code + 0x300, SamePage = AddressMap.Code + 0x500, OtherPage = AddressMap.Code + 0x1040;
    private const ulong Pointer = AddressMap.Data + 0x100, Results = AddressMap.Data + 0x200;

    [Fact]
    public void FlagsArriveAtEveryBranchTarget() => Check(Rounds, (random, state, memory) =>
    {
        state.Rip = Start;
        state.General[4] = AddressMap.Data + 0x800;
        state.General[14] = Results;
        state.General[15] = 3;
        var target = random.Next(2) == 0 ? SamePage : OtherPage;
        var way = random.Next(9);
        var first = Place(memory, Start, assembler => Leave(assembler, random, way, target));
        var second = Place(memory, target, assembler => Arrive(assembler, random, way));
        Place(memory, Back, GoRound);
        BitConverter.GetBytes(target).CopyTo(memory.At(Pointer, 8));
        return () => $"{SequenceTests.Listing(first, Start)}\n{SequenceTests.Listing(second, target)}";
    });

    // Flags by an operation, perhaps an access to memory behind it, then the branch.
    private static void Leave(Assembler assembler, Random random, int way, ulong target)
    {
        assembler.mov(r13, target);
        if (way == 3)
        {
            assembler.push(r13);
        }

        switch (random.Next(7))
        {
            case 0: assembler.add(rax, rbx); break;
            case 1: assembler.cmp(rdx, rsi); break;
            case 2: assembler.inc(r8); break;
            case 3: assembler.sub(eax, ecx); break;
            case 4: assembler.neg(rbx); break;
            case 5: assembler.cmp(__byte_ptr[Results + 0x80], al); break;
            default: assembler.test(r12, rdi); break;
        }

        switch (random.Next(4))
        {
            case 0: assembler.mov(rbx, __qword_ptr[r14 + 0x40]); break;
            case 1: assembler.mov(__qword_ptr[r14 + 0x48], r12); break;
            case 2: assembler.mov(rsi, __qword_ptr[Results + 0x50]); break;
            default: break;
        }

        switch (way)
        {
            case 0: assembler.jmp(target); break;
            case 1 or 2:
                assembler.call(target);
                assembler.jmp(Back);
                break;
            case 3: assembler.ret(); break;
            case 4: assembler.jmp(r13); break;
            case 5:
                assembler.call(r13);
                assembler.jmp(Back);
                break;
            case 6: assembler.jmp(__qword_ptr[Pointer]); break;
            case 7:
                assembler.jle(target);
                assembler.mov(rdx, __qword_ptr[r14 + 0x58]);
                assembler.jmp(r13);
                break;
            default:
                // So long that the block ends without a branch.
                for (var i = 0; i < 70; i++)
                {
                    assembler.lea(rsi, __[rsi + 1]);
                }

                assembler.jmp(target);
                break;
        }
    }

    private static void Arrive(Assembler assembler, Random random, int way)
    {
        if (random.Next(3) == 0)
        {
            assembler.mov(rdx, __qword_ptr[r14 + 0x60]);
        }

        switch (random.Next(9))
        {
            case 6 or 7 or 8:
                JumpOnEach(assembler, random);
                break;
            case 0:
                assembler.pushfq();
                assembler.pop(rdi);
                assembler.and(rdi, 0x8d5);
                assembler.mov(__qword_ptr[r14], rdi);
                break;
            case 1: assembler.adc(rdi, rdi); break;
            case 2:
                assembler.setl(__byte_ptr[r14]);
                assembler.setbe(__byte_ptr[r14 + 1]);
                assembler.seto(__byte_ptr[r14 + 2]);
                break;
            case 3: assembler.cmovp(rdi, r8); break;
            case 4: assembler.test(rdi, rdi); break;
            default: assembler.xor(edi, edi); break;
        }

        if (way is 1 or 2 or 5)
        {
            assembler.ret();
        }
        else
        {
            assembler.jmp(Back);
        }
    }

    // Conditions in any order, some with accesses to memory between them, which put the flags out of the way; a mark for each jump not taken.
    private static void JumpOnEach(Assembler assembler, Random random)
    {
        for (var i = 0; i < 5; i++)
        {
            if (random.Next(2) == 0)
            {
                assembler.mov(rdx, __qword_ptr[r14 + 0x68]);
            }

            var over = assembler.CreateLabel();
            JumpIf(assembler, random.Next(16), over);
            assembler.mov(__byte_ptr[r14 + i], 0x5a);
            assembler.Label(ref over);
            assembler.nop();
        }

        if (random.Next(2) == 0)
        {
            assembler.adc(rdi, rdi);
        }
    }

    private static void JumpIf(Assembler assembler, int condition, Label target)
    {
        switch (condition)
        {
            case 0: assembler.jo(target); break;
            case 1: assembler.jno(target); break;
            case 2: assembler.jb(target); break;
            case 3: assembler.jae(target); break;
            case 4: assembler.je(target); break;
            case 5: assembler.jne(target); break;
            case 6: assembler.jbe(target); break;
            case 7: assembler.ja(target); break;
            case 8: assembler.js(target); break;
            case 9: assembler.jns(target); break;
            case 10: assembler.jp(target); break;
            case 11: assembler.jnp(target); break;
            case 12: assembler.jl(target); break;
            case 13: assembler.jge(target); break;
            case 14: assembler.jle(target); break;
            default: assembler.jg(target); break;
        }
    }

    private static void GoRound(Assembler assembler)
    {
        assembler.lea(r14, __[r14 + 8]);
        assembler.lea(r15, __[r15 - 1]);
        assembler.mov(rcx, r15);
        var end = assembler.CreateLabel();
        assembler.jrcxz(end);
        assembler.jmp(Start);
        assembler.Label(ref end);
        assembler.int3();
    }
}
