using Xenolith.Abi;
using Xenolith.Machine.Memory;

namespace Xenolith.Tests.Unit.Machine.Mmu;

/// <summary>The page of device registers that Linux reads on AMD's CPUs.</summary>
public sealed class AbsentHardwareTests : IDisposable
{
    private const int Window = 40, Table = 41;
    private const ulong Uncached = PageTableEntry.CacheDisable | PageTableEntry.WriteThrough;
    private readonly MmuBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public void It_can_be_mapped_uncached_and_reads_all_ones()
    {
        Assert.Equal(0, _bed.UpdateVa(MmuBed.Address(Window), (AbsentHardware.Mfn << 12) | MmuBed.ReadWrite | Uncached));

        Assert.True(_bed.Vcpu.TryReadGuest<uint>(MmuBed.Address(Window, 0x3c0), out var value));
        Assert.Equal(uint.MaxValue, value);
        Assert.Equal(0UL, _bed.Word(MmuBed.L1, Window) & Uncached);
        Assert.Equal(0, _bed.UpdateVa(MmuBed.Address(Window), 0));
        Assert.Equal(0, _bed.UpdateVa(MmuBed.Address(Window), (AbsentHardware.Mfn << 12) | MmuBed.ReadWrite));
    }

    /// <summary>A guest of more than 4 GiB has RAM there, which its driver names, uncached; as RAM it can be mapped like any other.</summary>
    [Fact]
    public void It_takes_the_place_of_ram_that_a_driver_maps_uncached()
    {
        const int Ram = 50;
        _bed.Memory.MachineToPhys.Set(_bed.Mfn(Ram), AbsentHardware.Mfn);

        Assert.Equal(0, _bed.UpdateVa(MmuBed.Address(Window), _bed.Entry(Ram, MmuBed.ReadWrite | PageTableEntry.CacheDisable)));
        Assert.Equal(AbsentHardware.Mfn, PageTableEntry.FrameOf(_bed.Word(MmuBed.L1, Window)));
        Assert.Equal(0, _bed.UpdateVa(MmuBed.Address(Window), _bed.Entry(Ram, MmuBed.ReadWrite)));
        Assert.Equal(_bed.Mfn(Ram), PageTableEntry.FrameOf(_bed.Word(MmuBed.L1, Window)));
        Assert.Equal(-XenErrno.EINVAL, _bed.UpdateVa(MmuBed.Address(Window), _bed.Entry(Ram + 1, MmuBed.ReadWrite | PageTableEntry.CacheDisable)));
    }

    [Theory]
    [InlineData(AbsentHardware.Mfn - 1)]
    [InlineData(AbsentHardware.Mfn + 1)]
    public void Other_frames_without_memory_are_refused(ulong mfn)
    {
        Assert.Equal(-XenErrno.EPERM, _bed.UpdateVa(MmuBed.Address(Window), (mfn << 12) | MmuBed.ReadWrite));
        Assert.Equal(-XenErrno.EINVAL, _bed.UpdateVa(MmuBed.Address(Window), (mfn << 12) | MmuBed.ReadWrite | Uncached));
    }

    [Fact]
    public void It_becomes_no_table_and_nobodys_memory()
    {
        Assert.Equal(-XenErrno.EINVAL, _bed.Extended(MmuextCommand.PinL1Table, AbsentHardware.Mfn));
        Assert.Equal(0, _bed.Update((AbsentHardware.Mfn << 12 | MmuUpdate.MachPhysUpdate, 7)));
        Assert.False(_bed.Domain.TryHoldPage(AbsentHardware.Mfn, writable: true, out _));
        _bed.MakeTable(Table, (3, (AbsentHardware.Mfn << 12) | MmuBed.ReadOnly));
        Assert.Equal(0, _bed.Extended(MmuextCommand.PinL1Table, _bed.Mfn(Table)));
        Assert.Equal(0, _bed.Extended(MmuextCommand.UnpinTable, _bed.Mfn(Table)));
        Assert.True(_bed.Memory.Frames.Read(AbsentHardware.Mfn).IndexOfAnyExcept((byte)0xff) < 0);
    }
}
