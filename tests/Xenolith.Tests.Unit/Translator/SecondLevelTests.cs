using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Cache;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>
/// Pages that share an entry of the soft TLB, as all do that are 16 MiB apart: the second level has the one that the first has not, and nothing comes back from there
/// that was taken away. Random code on such pages is the native oracle's.
/// </summary>
public class SecondLevelTests
{
    private const ulong Apart = 0x100_0000, Near = CodeHarness.Data, Far = Near + Apart, Farther = Far + Apart;
    private const ulong High = 0xffff_8880_0000_0000 + (Near & (Apart - 1));
    private const ulong Rounds = 5000;

    [Fact]
    public void Pages_that_share_an_entry_are_read_and_written_without_leaving()
    {
        using var harness = new CodeHarness();
        harness.Map(Far);
        harness.Map(Farther);

        Loop(harness, a =>
        {
            a.stc();
            a.mov(rdx, __qword_ptr[rbx]);
            a.adc(__qword_ptr[rbp], rdx);
            a.adc(__qword_ptr[rsi], 1);
            a.inc(__qword_ptr[rbx]);
        });

        Assert.Equal(Rounds, harness.Word(Near));
        Assert.Equal((Rounds * (Rounds - 1) / 2) + Rounds, harness.Word(Far));
        Assert.Equal(Rounds, harness.Word(Farther));
        AssertFewExits(harness);
    }

    [Fact]
    public void Constant_addresses_and_runs_of_accesses_are_found_there_too()
    {
        using var harness = new CodeHarness();
        harness.Map(Far);
        harness.Registers.Rsp = Far + 0x800;

        Loop(harness, a =>
        {
            a.inc(__qword_ptr[Near]);
            a.push(rcx);
            a.push(rbx);
            a.mov(rdx, __qword_ptr[Near]);
            a.pop(rbx);
            a.pop(rcx);
            a.mov(__qword_ptr[rbp + 8], rdx);
            a.mov(__qword_ptr[rbp + 16], rdx);
        });

        Assert.Equal((Rounds, Rounds), (harness.Word(Near), harness.Word(Far + 16)));
        AssertFewExits(harness);
    }

    // Both operands of one instruction.
    [Fact]
    public void An_instruction_with_two_operands_that_share_an_entry_makes_progress()
    {
        using var harness = new CodeHarness();
        harness.Map(Far);
        harness.At(Near)[16] = 7;
        harness.Registers.Rsp = Far + 0x800;

        Loop(harness, a =>
        {
            a.push(__qword_ptr[rbx + 16]);
            a.pop(__qword_ptr[rbx + 24]);
            a.lea(rsi, __[rbx + 16]);
            a.lea(rdi, __[rbp + 24]);
            a.movsq();
        });

        Assert.Equal((7UL, 7UL), (harness.Word(Near + 24), harness.Word(Far + 24)));
        AssertFewExits(harness);
    }

    public static TheoryData<string, ulong> Flushes()
    {
        var data = new TheoryData<string, ulong>();
        foreach (var how in (string[])["page", "all", "page everywhere", "all everywhere", "roots", "frame"])
        {
            data.Add(how, Near);
            data.Add(how, Far);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Flushes))]
    public void A_page_that_is_mapped_anew_and_flushed_is_not_found_as_it_was(string how, ulong changed)
    {
        using var harness = new CodeHarness();
        harness.Map(Far);
        Touch(harness, Near, Far);
        var old = harness.FrameOf(changed);
        harness.Map(changed);
        harness.At(changed)[0] = 5;
        Flush(harness, how, changed, old);

        Touch(harness, Near, Far);

        Assert.Equal(changed == Near ? (5 + Rounds, 2 * Rounds) : (2 * Rounds, 5 + Rounds), (harness.Word(Near), harness.Word(Far)));
        Assert.Equal(Rounds, BitConverter.ToUInt64(harness.MachineFrames.Read(old)));
        var last = harness.FrameOf(changed);
        harness.Unmap(changed);
        Flush(harness, how, changed, last);
        Assert.Equal(ExitReason.Exception, TryTouch(harness, Near, Far));
        Assert.Equal((14u, changed), (harness.Registers.ExitVector, harness.Registers.ExitAddress));
    }

    [Theory]
    [InlineData(Near)]
    [InlineData(Far)]
    public void A_page_that_becomes_read_only_is_read_and_not_written(ulong changed)
    {
        using var harness = new CodeHarness();
        harness.Map(Far);
        Touch(harness, Near, Far);
        harness.MachineFrames.ChangeFlags(harness.FrameOf(changed), FrameFlags.ReadOnly, FrameFlags.None);
        harness.Engine.RevokeWrites(harness.FrameOf(changed));

        Loop(harness, a =>
        {
            a.add(rdx, __qword_ptr[rbx]);
            a.add(rdx, __qword_ptr[rbp]);
        });
        Assert.Equal(2 * Rounds * Rounds, harness.Registers.Rdx);
        Assert.Equal(ExitReason.Exception, TryTouch(harness, Near, Far));
        Assert.Equal((14u, 3u, changed), (harness.Registers.ExitVector, harness.Registers.ExitErrorCode, harness.Registers.ExitAddress));

        // Allowed again, though nothing is flushed.
        harness.MachineFrames.ChangeFlags(harness.FrameOf(changed), FrameFlags.None, FrameFlags.ReadOnly);
        Touch(harness, Near, Far);
        Assert.InRange(harness.Word(changed), 2 * Rounds, (2 * Rounds) + 1);
        AssertFewExits(harness);
    }

    // What a kernel does that copies a page at its first write.
    [Fact]
    public void A_page_that_is_mapped_anew_for_writing_is_not_found_as_it_was()
    {
        using var harness = new CodeHarness();
        harness.Map(Near, writable: false);
        harness.Map(Far);
        Loop(harness, a =>
        {
            a.mov(rdx, __qword_ptr[rbp]);
            a.mov(rdx, __qword_ptr[rbx]);
        });
        harness.Map(Near);
        Touch(harness, Near, Near);

        Loop(harness, a =>
        {
            a.mov(rsi, __qword_ptr[rbp]);
            a.add(rdx, __qword_ptr[rbx]);
        });

        Assert.Equal(2 * Rounds * Rounds, harness.Registers.Rdx);
    }

    // A change of roots empties the low page's entry, but keeps the high one in the second level; what is filled from there must go with the next flush.
    [Fact]
    public void A_kernel_page_outlives_a_change_of_roots_and_no_flush()
    {
        using var harness = new CodeHarness();
        harness.Map(High);
        harness.Vcpu.LoadRoots(harness.Root, harness.Root);
        Touch(harness, High, Near);
        harness.Vcpu.LoadRoots(harness.Root, harness.Root);
        Touch(harness, High, High + 8);
        harness.Map(High);
        harness.Vcpu.FlushTlb(null);

        Touch(harness, High, Near);

        Assert.Equal((Rounds, 2 * Rounds), (harness.Word(High), harness.Word(Near)));
    }

    [Theory]
    [InlineData(Near)]
    [InlineData(Far)]
    public void A_page_with_watched_data_is_not_there(ulong watched)
    {
        using var harness = new CodeHarness();
        harness.Map(Far);
        Touch(harness, Near, Far);
        harness.Vcpu.SetBreakpoints([watched, 0, 0, 0], 0x3_0002 | (3 << 18));

        Assert.Equal(ExitReason.Exception, TryTouch(harness, Near, Far));

        Assert.Equal((1u, Rounds + 1), (harness.Registers.ExitVector, harness.Word(watched)));
    }

    [Fact]
    public void An_empty_place_is_not_that_of_page_zero()
    {
        using var harness = new CodeHarness();
        harness.Map(Apart);

        Assert.Equal(ExitReason.Exception, TryTouch(harness, Apart, 0));

        Assert.Equal((14u, 0UL), (harness.Registers.ExitVector, harness.Registers.ExitAddress));
    }

    // The tag that says "not for writes" is an address, of a page that may have its place in the second level where the tag is.
    [Fact]
    public void A_page_that_is_not_writable_lets_nobody_write_elsewhere()
    {
        var entries = 0UL;
        ulong readOnly, other;
        do
        {
            entries++;
            readOnly = Near + (entries * Apart);
            other = AddressContext.InvalidTag((int)(readOnly >> 12) & (State.TlbEntries - 1));
        }
        while (Place(readOnly) != Place(other));

        using var harness = new CodeHarness();
        harness.Map(readOnly, writable: false);
        harness.Map(other - Apart);
        harness.Registers.Rsi = readOnly;
        Loop(harness, a =>
        {
            a.mov(rdx, __qword_ptr[rsi]);
            a.mov(rdx, __qword_ptr[rbx]);
        });

        Assert.Equal(ExitReason.Exception, TryTouch(harness, other - Apart, other));

        Assert.Equal((14u, other), (harness.Registers.ExitVector, harness.Registers.ExitAddress));
    }

    private static ulong Place(ulong address) => (address >> 12) * State.SecondMultiplier >> (64 - State.SecondIndexBits);

    private static void Flush(CodeHarness harness, string how, ulong address, ulong frame)
    {
        switch (how)
        {
            case "page": harness.Vcpu.FlushTlb(address + 8); break;
            case "all": harness.Vcpu.FlushTlb(null); break;
            case "page everywhere": harness.Engine.FlushTlb(ulong.MaxValue, address); break;
            case "all everywhere": harness.Engine.FlushTlb(ulong.MaxValue, null); break;
            case "roots": harness.Vcpu.LoadRoots(harness.Root, harness.Root); break;
            default: harness.Engine.ForgetFrame(frame); break;
        }
    }

    // Adds one to both words as often as a loop goes round.
    private static void Touch(CodeHarness harness, ulong first, ulong second) => Assert.Equal(ExitReason.Hypercall, TryTouch(harness, first, second));

    private static ExitReason TryTouch(CodeHarness harness, ulong first, ulong second) => TryLoop(harness, first, second, a =>
    {
        a.inc(__qword_ptr[rbx]);
        a.inc(__qword_ptr[rbp]);
    });

    private static void Loop(CodeHarness harness, Action<Assembler> body) => Assert.Equal(ExitReason.Hypercall, TryLoop(harness, Near, Far, body));

    private static ExitReason TryLoop(CodeHarness harness, ulong first, ulong second, Action<Assembler> body)
    {
        ref var registers = ref harness.Registers;
        (registers.Rbx, registers.Rbp, registers.Rcx, registers.Rdx) = (first, second, Rounds, 0);
        registers.Rsi = registers.Rsi == 0 ? Farther : registers.Rsi;
        var code = CodeHarness.Assemble(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            body(a);
            a.dec(rcx);
            a.jnz(loop);
            a.syscall();
        });
        code.CopyTo(harness.At(CodeHarness.Code));
        harness.MachineFrames.NoteWrite(harness.FrameOf(CodeHarness.Code), 0, 4096);
        registers.Rip = CodeHarness.Code;
        return harness.Vcpu.Run();
    }

    private static void AssertFewExits(CodeHarness harness)
    {
        var counters = harness.Engine.Counters().ToDictionary();
        Assert.InRange(counters["translator/exits/MissRead"] + counters["translator/exits/MissWrite"] + counters["translator/slow-instructions"], 1, 100);
        Assert.InRange(counters["translator/emitted/tlb-refill"], (long)Rounds, long.MaxValue);
    }
}
