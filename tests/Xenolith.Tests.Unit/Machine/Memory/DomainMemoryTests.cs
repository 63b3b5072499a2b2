using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;

namespace Xenolith.Tests.Unit.Machine.Memory;

/// <summary>How much memory a domain may have, and how that grows.</summary>
public sealed class DomainMemoryTests
{
    [Fact]
    public void The_maximum_grows_within_the_room_that_was_kept()
    {
        using var memory = new DomainMemory(1024, 8192);
        var last = ulong.MaxValue;
        ulong count = 0;
        for (; memory.TryAllocate(out var mfn); count++)
        {
            last = mfn;
        }

        Assert.Equal(1024UL, count);
        Assert.True(memory.TrySetMaximum(8192));
        Assert.Equal(8192UL, memory.MaximumPages);
        for (; memory.TryAllocate(out var mfn); count++)
        {
            Assert.NotEqual(last, mfn);
            last = mfn;

            // What is handed out has memory, an entry that can be set, and a place in the guest's view of the table.
            Assert.NotEqual(0, memory.Frames.PageOf(mfn));
            memory.MachineToPhys.Set(mfn, count);
            Assert.True(memory.Walk.Walk(0, AddressSpace.MachineToPhysStart + (mfn * 8), WalkAccess.Read).Ok);
        }

        Assert.Equal(8192UL, count);
        Assert.True(last < memory.ForeignMfn);
        Assert.False(memory.TrySetMaximum(16384));
        Assert.Equal(8192UL, memory.MaximumPages);
    }

    [Fact]
    public void A_lower_maximum_takes_nothing_away_and_gives_nothing_new()
    {
        using var memory = new DomainMemory(1024);
        Assert.True(memory.TryAllocate(600, 1, out _));

        Assert.True(memory.TrySetMaximum(512));

        Assert.Equal(600UL, memory.TotalPages);
        Assert.False(memory.TryAllocate(out _));
        Assert.True(memory.TrySetMaximum(601));
        Assert.True(memory.TryAllocate(out _));
        Assert.False(memory.TryAllocate(out _));
    }

    [Fact]
    public void Every_frame_below_the_ram_reads_as_invalid_and_none_faults()
    {
        // As the first GiBs of a real machine: NetBSD 10 looks up frame 0 whenever it fills an empty entry.
        using var memory = new DomainMemory(1024);
        foreach (var mfn in (ulong[])[0, 1, 511, 512, MachineLayout.HypervisorPagesMfn - 1, 0x3ffff, 0x40000, 0xc0000, MachineLayout.RamMfn - 1])
        {
            var found = memory.Walk.Walk(0, AddressSpace.MachineToPhysStart + (mfn * 8), WalkAccess.Read);
            Assert.True(found.Ok, $"frame {mfn:x} faults");
            Assert.Equal(
                AddressSpace.InvalidMachineToPhysEntry, BitConverter.ToUInt64(memory.Frames.Read(found.Mfn)[(int)(mfn % 512 * 8)..]));
        }
    }
}
