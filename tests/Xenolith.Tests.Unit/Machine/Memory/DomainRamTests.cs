using System.Globalization;
using System.Runtime.InteropServices;
using Xenolith.Engine;
using Xenolith.Host;
using Xenolith.Machine.Memory;

namespace Xenolith.Tests.Unit.Machine.Memory;

/// <summary>What the host holds of a domain's RAM, with or without large pages.</summary>
public sealed class DomainRamTests
{
    private const int FramesOfLargePage = HostMemory.LargePage / MachineFrames.PageSize;

    [Fact]
    public void A_frame_given_back_takes_nothing_with_it_and_leaves_the_large_page()
    {
        using var memory = new DomainMemory(4 * FramesOfLargePage);
        Assert.True(memory.TryAllocate(2 * FramesOfLargePage, FramesOfLargePage, out var first));
        Fill(memory, first, 2 * FramesOfLargePage);
        var start = memory.Frames.PageOf(first);
        Assert.Equal(0, start % HostMemory.LargePage);
        Assert.Equal(2 * FramesOfLargePage, Held(start, 2 * FramesOfLargePage));

        memory.Release(first + 3);

        Assert.Equal((2 * FramesOfLargePage) - 1, Held(start, 2 * FramesOfLargePage));
        Assert.DoesNotContain("hg", Flags(start)); // the host may not fill it in again
        Assert.False(memory.Frames.Read(first + 3).ContainsAnyExcept((byte)0));
        for (ulong i = 0; i < 2 * FramesOfLargePage; i++)
        {
            Assert.True(i == 3 || memory.Frames.Read(first + i)[4095] == Mark(first + i));
        }
    }

    [Fact]
    public void A_large_page_given_back_piece_by_piece_is_gone()
    {
        using var memory = new DomainMemory(4 * FramesOfLargePage);
        Assert.True(memory.TryAllocate(FramesOfLargePage, FramesOfLargePage, out var first));
        Fill(memory, first, FramesOfLargePage);

        for (ulong i = 0; i < FramesOfLargePage; i++)
        {
            memory.Release(first + i);
        }

        Assert.Equal(0, Held(memory.Frames.PageOf(first), FramesOfLargePage));
        Assert.Equal(0UL, memory.TotalPages);
        Assert.True(memory.TryAllocate(FramesOfLargePage, FramesOfLargePage, out var again));
        Assert.Equal(first, again);
        Assert.False(memory.Frames.Read(again).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Reading_what_nobody_wrote_takes_no_memory()
    {
        using var memory = new DomainMemory(4 * FramesOfLargePage);
        Assert.True(memory.TryAllocate(FramesOfLargePage, FramesOfLargePage, out var first));
        for (ulong i = 0; i < FramesOfLargePage; i++)
        {
            Assert.False(memory.Frames.Read(first + i).ContainsAnyExcept((byte)0));
        }

        Assert.Equal(0, Held(memory.Frames.PageOf(first), FramesOfLargePage));
    }

    private static byte Mark(ulong mfn) => (byte)((mfn % 251) + 1);

    private static void Fill(DomainMemory memory, ulong first, ulong count)
    {
        for (var mfn = first; mfn < first + count; mfn++)
        {
            Assert.True(memory.Frames.Write(mfn, 4095, [Mark(mfn)]));
        }
    }

    /// <summary>Pages that the host holds of some: in memory and nobody else's (the page of zeros is everybody's), or in swap.</summary>
    private static int Held(nint address, int pages)
    {
        // Documentation/admin-guide/mm/pagemap.rst: bit 56 exclusively mapped, 62 swapped, 63 present.
        using var file = File.OpenHandle("/proc/self/pagemap");
        var entries = new byte[pages * sizeof(ulong)];
        Assert.Equal(entries.Length, RandomAccess.Read(file, entries, address / MachineFrames.PageSize * sizeof(ulong)));
        return MemoryMarshal.Cast<byte, ulong>(entries).ToArray().Count(e => (e >> 62 & 1) != 0 || ((e >> 63) & (e >> 56) & 1) != 0);
    }

    /// <summary>What smaps says of the mapping that an address lies in: hg is memory in which the host may make large pages.</summary>
    private static string[] Flags(nint address)
        => File.ReadLines("/proc/self/smaps").SkipWhile(l => !Holds(l, address)).First(l => l.StartsWith("VmFlags:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool Holds(string line, nint address)
    {
        var range = line.Split(' ')[0].Split('-');
        return range.Length == 2
            && long.TryParse(range[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var from)
            && long.TryParse(range[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var to)
            && address >= from && address < to;
    }
}
