using Xenolith.Abi;
using Xenolith.Machine.Memory;
using Xenolith.Machine.Mmu;
using static Xenolith.Abi.PageTableEntry;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

/// <summary>Plain writes of the guest's kernel to its L1 table (guest frame 3), emulated.</summary>
public sealed class PageTableWriteTests : IDisposable
{
    private const uint WriteFault = 3;
    private const int Slot = 20;
    private readonly MmuBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Theory]
    [InlineData("48 89 08", "mov [rax], rcx")]
    [InlineData("48 89 4c 05 10", "mov [rbp+rax+0x10], rcx")]
    [InlineData("4a 89 0c 85 00 00 00 00", "mov [r8*4+0], rcx")]
    [InlineData("48 89 0d 00 10 00 00", "mov [rip+0x1000], rcx")]
    [InlineData("48 0f c3 08", "movnti [rax], rcx")]
    [InlineData("48 87 08", "xchg [rax], rcx")]
    public void Instructions_that_store_an_entry_are_done(string code, string text)
    {
        var value = _bed.Entry(21, ReadOnly);
        var old = _bed.Word(L1, Slot);
        Assert.True(Run(code, out var length, rcx: value), text);
        Assert.Equal(value | Global, _bed.Word(L1, Slot));
        Assert.Equal(Address(CodePage) + (ulong)length, _bed.Vcpu.Registers.Rip);
        Assert.Equal(code.StartsWith("48 87", StringComparison.Ordinal) ? old : value, _bed.Vcpu.Registers.Rcx);
        Assert.Equal(FrameState.OneReference, _bed.Memory.Table[_bed.Mfn(Slot)] & FrameState.ReferenceCountMask);
    }

    [Theory]
    [InlineData("48 c7 00 00 00 00 00", 0UL, ulong.MaxValue, "mov qword [rax], 0")]
    [InlineData("c6 00 00", 0UL, 0xffUL, "mov byte [rax], 0")]
    [InlineData("f0 80 20 fd", 0UL, Writable, "lock and byte [rax], 0xfd")]
    [InlineData("f0 48 83 20 fd", 0UL, Writable, "lock and qword [rax], -3")]
    [InlineData("48 0f ba 30 06", 0UL, Dirty, "btr qword [rax], 6")]
    [InlineData("f0 48 0f b3 10", 0UL, Accessed, "lock btr [rax], rdx (5)")]
    [InlineData("48 0f ba 28 09", 0x200UL, 0x200UL, "bts qword [rax], 9")]
    [InlineData("66 81 08 00 0c", 0xc00UL, 0xc00UL, "or word [rax], 0xc00")]
    [InlineData("31 18", 0x400UL, 0x400UL, "xor [rax], ebx")]
    public void Instructions_that_change_bits_are_done(string code, ulong set, ulong changed, string text)
    {
        var old = _bed.Word(L1, Slot);
        Assert.True(Run(code, out _, rdx: 5, rbx: 0x400), text);
        Assert.Equal((old & ~changed) | set, _bed.Word(L1, Slot));
    }

    [Fact]
    public void Bit_tests_leave_the_old_bit_in_the_carry()
    {
        Assert.True(Run("48 0f ba 30 06", out _));
        Assert.Equal(1UL, _bed.Vcpu.Registers.Rflags & 1);
        Assert.True(Run("48 0f ba 30 06", out _));
        Assert.Equal(0UL, _bed.Vcpu.Registers.Rflags & 1);
    }

    [Fact]
    public void A_compare_and_exchange_succeeds_or_loads_the_entry()
    {
        var old = _bed.Word(L1, Slot);
        Assert.True(Run("f0 48 0f b1 08", out _, rcx: _bed.Entry(21, ReadOnly), rax: old));
        Assert.Equal(0x40UL, _bed.Vcpu.Registers.Rflags & 0x40);
        Assert.Equal(_bed.Entry(21, ReadOnly | Global), _bed.Word(L1, Slot));

        Assert.True(Run("f0 48 0f b1 08", out _, rcx: 0, rax: old));
        Assert.Equal(0UL, _bed.Vcpu.Registers.Rflags & 0x40);
        Assert.Equal(_bed.Entry(21, ReadOnly | Global), _bed.Vcpu.Registers.Rax);
        Assert.Equal(_bed.Entry(21, ReadOnly | Global), _bed.Word(L1, Slot));

        var now = _bed.Word(L1, Slot);
        Assert.True(Run("f0 0f c7 08", out _, rax: (uint)now, rdx: now >> 32, rbx: 0, rcx: 0));
        Assert.Equal(0UL, _bed.Word(L1, Slot));
    }

    [Fact]
    public void A_repeated_store_goes_entry_by_entry()
    {
        var instruction = Address(CodePage);
        _bed.Vcpu.Registers.Rdi = Address(L1, Slot * 8);
        Assert.True(Run("f3 48 ab", out _, rax: 0, rcx: 2));
        Assert.Equal((instruction, 1UL, Address(L1, (Slot + 1) * 8)), (_bed.Vcpu.Registers.Rip, _bed.Vcpu.Registers.Rcx, _bed.Vcpu.Registers.Rdi));
        Assert.True(PageTableWrites.TryFixUp(_bed.Vcpu, Address(L1, (Slot + 1) * 8), WriteFault));
        Assert.Equal((instruction + 3, 0UL), (_bed.Vcpu.Registers.Rip, _bed.Vcpu.Registers.Rcx));
        Assert.Equal((0UL, 0UL), (_bed.Word(L1, Slot), _bed.Word(L1, Slot + 1)));
    }

    [Fact]
    public void What_the_guest_may_not_have_faults_and_changes_nothing()
    {
        var before = (_bed.Word(L1, Slot), _bed.Vcpu.Registers.Rip = Address(CodePage));
        Assert.False(Run("48 89 08", out _, rcx: _bed.Entry(L2, ReadWrite)));
        Assert.False(Run("48 89 08", out _, rcx: (5UL << 12) | ReadOnly));
        Assert.False(Run("48 0f 11 00", out _));
        Assert.False(Run("48 39 08", out _));
        Assert.False(Run("48 89 08", out _, offset: 4));
        Assert.Equal(before, (_bed.Word(L1, Slot), _bed.Vcpu.Registers.Rip));
    }

    [Fact]
    public void Only_kernel_writes_to_l1_tables_are_emulated()
    {
        Assert.False(PageTableWrites.TryFixUp(_bed.Vcpu, Address(L2, 8), WriteFault));
        Assert.False(PageTableWrites.TryFixUp(_bed.Vcpu, Address(Slot), WriteFault));
        Assert.False(PageTableWrites.TryFixUp(_bed.Vcpu, Address(L1), 2));
        Assert.False(PageTableWrites.TryFixUp(_bed.Vcpu, Address(L1), 1));
        _bed.Vcpu.Registers.KernelMode = 0;
        Assert.False(Run("48 89 08", out _));
    }

    [Fact]
    public void Writes_allocate_nothing()
    {
        Run("48 89 08", out _, rcx: _bed.Entry(21, ReadOnly));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _bed.Vcpu.Registers.Rip = Address(CodePage);
            _bed.Vcpu.Registers.Rcx = _bed.Entry(21 + (i & 1), ReadOnly);
            PageTableWrites.TryFixUp(_bed.Vcpu, Address(L1, Slot * 8), WriteFault);
            _bed.Engine.Calls.Clear();
        }

        // The recording engine's own strings are all there is: one a call.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 200);
        Assert.Equal(101, _bed.Vcpu.TableWritesEmulated);
    }

    private bool Run(string code, out int length, ulong rax = 0, ulong rcx = 0, ulong rdx = 0, ulong rbx = 0, int offset = 0)
    {
        var bytes = Convert.FromHexString(code.Replace(" ", string.Empty, StringComparison.Ordinal));
        length = bytes.Length;
        _bed.Put(CodePage, bytes);
        ref var registers = ref _bed.Vcpu.Registers;
        (registers.Rip, registers.Rax, registers.Rcx, registers.Rdx, registers.Rbx) = (Address(CodePage), rax, rcx, rdx, rbx);
        return PageTableWrites.TryFixUp(_bed.Vcpu, Address(L1, (Slot * 8) + offset), WriteFault);
    }
}
