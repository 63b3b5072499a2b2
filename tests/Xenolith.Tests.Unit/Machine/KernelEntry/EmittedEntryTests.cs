using System.Runtime.InteropServices;
using CsCheck;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Tests.Unit.Machine.Mmu;

namespace Xenolith.Tests.Unit.Machine.KernelEntry;

/// <summary>SYSCALL and the iret hypercall in emitted code do exactly what the machine's handlers do, for random states.</summary>
public sealed class EmittedEntryTests
{
    private const ulong Flags = 0x25_4ed5, DirectionFlag = 0x400, TrapFlag = 0x100, InterruptFlag = 0x200;
    private static readonly Gen<ulong[]> Words = Gen.ULong.Array[48];

    private sealed record Outcome(byte[] Registers, byte[] Stack, ulong Info, (long, long) Emitted);

    [Fact]
    public void A_system_call_enters_the_kernel_as_the_machine_does()
    {
        using var bed = new EntryBed();
        var usual = 0;
        Words.Sample(
            words =>
            {
                var offset = (int)(words[20] % 0x1f80) + 0x80;
                var (emitted, machine) = Both(bed, words, () =>
                {
                    bed.Vcpu.Registers.KernelMode = 0;
                    bed.Vcpu.Registers.Rip = EntryBed.User;
                    bed.Vcpu.Registers.Rflags = RandomFlags(words[21], words[22]);
                    bed.Vcpu.KernelRsp = EntryBed.Stack + (ulong)offset;
                    bed.Vcpu.SyscallCallback = new(EntryBed.Entry, MaskEvents: (words[23] & 1) != 0);
                    SetInfo(bed, words[24], pending: false);
                });

                AssertSame(machine, emitted);
                var flags = RandomFlags(words[21], words[22]);
                var start = (offset & ~15) - 56;
                if ((flags & (DirectionFlag | TrapFlag)) == 0 && start >> 12 == (start + 55) >> 12)
                {
                    usual++;
                    Assert.Equal((1, 0), emitted.Emitted);
                }

                Assert.Equal((0, 0), machine.Emitted);
            },
            iter: 2000,
            threads: 1);
        Assert.InRange(usual, 1000, 2000);
    }

    [Fact]
    public void An_iret_leaves_the_kernel_as_the_machine_does()
    {
        using var bed = new EntryBed();
        ReadOnlyMemory<ushort> codes = new ushort[] { SegmentSelector.FlatCode64, SegmentSelector.FlatCode64, EntryBed.CodeSelector, EntryBed.CodeSelector, 0xe030, 0xe030, 0x30, 0x13, 0, 0x37 };
        ReadOnlyMemory<ushort> stacks = new ushort[] { SegmentSelector.FlatData, SegmentSelector.FlatData, EntryBed.DataSelector, EntryBed.DataSelector, 0x28, 0xe028, 0 };
        var (user, kernel) = (0, 0);
        Words.Sample(
            words =>
            {
                var offset = (int)(words[20] % 0x1e00) + 0x100;
                offset &= (words[25] & 7) == 0 ? ~0 : ~7;
                var (code, stack) = (codes.Span[(int)(words[26] % 10)], stacks.Span[(int)(words[27] % 7)]);
                var flags = (words[28] & ~(DirectionFlag | TrapFlag)) | ((words[29] & 7) == 0 ? DirectionFlag : 0);
                var pending = (words[30] & 7) == 0;

                // The kernel's own stack must be good: an event or a refused selector is told on it.
                var rsp = (code & 3) == 3 ? words[36] : EntryBed.Stack + 0x400 + (words[36] % 0x1800);
                ulong[] frame = [words[31], words[32], words[33], words[34], EntryBed.UserTarget, code | (words[35] << 16), flags, rsp, stack | (words[37] << 16)];
                var (emitted, machine) = Both(bed, words, () =>
                {
                    bed.PutStack(offset, frame);
                    bed.Vcpu.Registers.KernelMode = 1;
                    bed.Vcpu.Registers.Rip = EntryBed.IretCode;
                    bed.Vcpu.Registers.Rsp = EntryBed.Stack + (ulong)offset;
                    bed.Vcpu.Registers.Rflags = RandomFlags(words[21], words[22]) & ~TrapFlag;
                    bed.Vcpu.KernelRsp = EntryBed.Stack + 0x1f00;
                    SetInfo(bed, words[24], pending);
                });

                AssertSame(machine, emitted);
                if (emitted.Emitted == (0, 1))
                {
                    _ = (code & 3) == 3 ? user++ : kernel++;
                }
                else
                {
                    Assert.Equal((0, 0), emitted.Emitted);
                }

                Assert.Equal((0, 0), machine.Emitted);
            },
            iter: 4000,
            threads: 1);
        Assert.InRange(user, 100, 4000);
        Assert.InRange(kernel, 20, 4000);
    }

    [Fact]
    public void An_iret_to_selectors_whose_descriptor_changed_is_the_machines()
    {
        using var bed = new EntryBed();
        Return(bed);
        Return(bed);
        Assert.Equal(1, bed.Emitted.Returns);
        Assert.Equal(EntryBed.UserTarget, bed.Vcpu.Registers.Rip);

        bed.SetDescriptor(EntryBed.CodeSelector, 0x00af_f300_0000_ffff); // data
        Return(bed);

        Assert.Equal(1, bed.Emitted.Returns);
        Assert.Equal(EntryBed.Entry + 0x10, bed.Vcpu.Registers.Rip);
        bed.SetDescriptor(EntryBed.CodeSelector, 0x00af_fb00_0000_ffff);
        Return(bed);
        Return(bed);
        Assert.Equal(2, bed.Emitted.Returns);
    }

    [Fact]
    public void An_iret_that_ends_an_nmi_is_the_machines()
    {
        using var bed = new EntryBed();
        Return(bed);
        bed.Vcpu.NmiMasked = true;

        Return(bed);

        Assert.Equal(0, bed.Emitted.Returns);
        Assert.False(bed.Vcpu.NmiMasked);
        Return(bed);
        Assert.Equal(1, bed.Emitted.Returns);
    }

    [Fact]
    public void With_architectural_iopl_the_machine_does_all()
    {
        using var bed = new EntryBed();
        Assert.Equal(0, bed.Mmu.Hypercall(HypercallNumber.VmAssist, new(0, 4)));
        Return(bed);
        Return(bed);
        Assert.Equal(0, bed.Emitted.Returns);

        Assert.Equal(0, bed.Mmu.Hypercall(HypercallNumber.VmAssist, new(1, 4)));
        Return(bed);

        Assert.Equal(1, bed.Emitted.Returns);
    }

    [Fact]
    public void A_stack_page_that_became_a_table_is_not_written()
    {
        using var bed = new EntryBed();
        ref var registers = ref bed.Vcpu.Registers;
        bed.Mmu.Clear(EntryBed.StackPage);
        bed.Mmu.Protect(EntryBed.StackPage);
        Assert.Equal(0, bed.Mmu.Extended(MmuextCommand.PinL1Table, bed.Mmu.Mfn(EntryBed.StackPage)));
        registers.KernelMode = 0;
        registers.Rip = EntryBed.User;
        bed.Vcpu.KernelRsp = EntryBed.Stack + 0x800;

        Assert.Equal(ExitReason.Syscall, bed.Vcpu.Engine.Run());

        Assert.Equal(0, bed.Emitted.Entries);
        Assert.All(bed.StackBytes()[..4096], b => Assert.Equal(0, b));
    }

    private static void Return(EntryBed bed)
    {
        bed.PutStack(0x200, [1, 2, 3, 0, EntryBed.UserTarget, EntryBed.CodeSelector, 0x246, 0x8000, EntryBed.DataSelector]);
        bed.Vcpu.Registers.KernelMode = 1;
        bed.Vcpu.Registers.Rip = EntryBed.IretCode;
        bed.Vcpu.Registers.Rsp = EntryBed.Stack + 0x200;
        bed.RunToHalt();
    }

    private static ulong RandomFlags(ulong word, ulong rare)
        => (word & Flags & ~(DirectionFlag | TrapFlag)) | InterruptFlag | 2 | ((rare & 7) == 0 ? DirectionFlag : 0) | ((rare & 0x70) == 0 ? TrapFlag : 0);

    private static void SetInfo(EntryBed bed, ulong word, bool pending)
    {
        SharedInfo(bed)[0] = pending ? (byte)1 : (byte)0;
        SharedInfo(bed)[1] = (byte)((word & 1) == 0 ? 0 : (word >> 1) & 1 | 1);
    }

    private static Span<byte> SharedInfo(EntryBed bed) => Xenolith.Machine.SharedWord.Bytes(bed.Vcpu.Info, 2);

    // The same state through emitted code (after a first time that fills the branch hash) and through the machine.
    private static (Outcome Emitted, Outcome Machine) Both(EntryBed bed, ulong[] words, Action arrange)
    {
        Once(bed, words, arrange, emitting: true);
        return (Once(bed, words, arrange, emitting: true), Once(bed, words, arrange, emitting: false));
    }

    private static Outcome Once(EntryBed bed, ulong[] words, Action arrange, bool emitting)
    {
        bed.WarmStack();
        bed.PutStack(0, new ulong[1024]);
        var general = MemoryMarshal.CreateSpan(ref bed.Vcpu.Registers.Rax, 16);
        words.AsSpan(0, 16).CopyTo(general);
        bed.Vcpu.Registers.FsBase = words[16];
        bed.Vcpu.Registers.GsBase = words[17];
        bed.Vcpu.OtherGsBase = words[18];
        bed.Vcpu.Registers.Cs = EntryBed.CodeSelector;
        bed.Vcpu.Registers.Ss = EntryBed.DataSelector;
        arrange();
        bed.Emitting = emitting;
        var before = bed.Emitted;
        bed.RunToHalt();
        bed.Emitting = true;
        var (entries, returns) = bed.Emitted;
        var registers = bed.Vcpu.Registers;
        registers.Entry.ReturnSelectors = 0;
        (registers.ExitVector, registers.ExitErrorCode, registers.ExitAddress, registers.ExitDebugStatus) = (0, 0, 0, 0);
        return new(
            MemoryMarshal.AsBytes(new ReadOnlySpan<VcpuRegisters>(in registers)).ToArray(), bed.StackBytes(),
            SharedInfo(bed)[0] | ((ulong)SharedInfo(bed)[1] << 8), (entries - before.Entries, returns - before.Returns));
    }

    private static void AssertSame(Outcome machine, Outcome emitted)
    {
        Assert.Equal(machine.Registers, emitted.Registers);
        Assert.Equal(machine.Stack, emitted.Stack);
        Assert.Equal(machine.Info, emitted.Info);
    }
}
