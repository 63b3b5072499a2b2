using System.Buffers.Binary;
using CsCheck;
using Xenolith.Abi.Block;
using Xenolith.Devices.Block;

namespace Xenolith.Tests.Unit.Devices;

public class BlockRequestParserTests
{
    public static TheoryData<BlkifLayout> Layouts => new(BlkifLayout.X64, BlkifLayout.X86);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_read_with_two_segments(BlkifLayout layout)
    {
        var entry = new byte[layout.EntrySize];
        entry[1] = 2;
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(layout.Id), 0x1122334455667788);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(layout.Sector), 77);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(layout.Segments), 9);
        entry[layout.Segments + 5] = 7;
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(layout.Segments + 8), 10);
        entry[layout.Segments + 12] = 2;
        entry[layout.Segments + 13] = 2;

        var request = new BlockRequest();
        Assert.True(BlockRequestParser.TryParse(entry, layout, request));
        Assert.Equal(BlkifOperation.Read, request.Operation);
        Assert.Equal(0x1122334455667788u, request.Id);
        Assert.Equal(77u, request.Sector);
        Assert.Equal([new BlockSegment(9, 0, 7), new BlockSegment(10, 2, 2)], request.Segments[..2]);
        Assert.Equal(4096 + 512, request.DataBytes);
    }

    [Fact]
    public void A_request_that_is_used_again_counts_its_own_bytes()
    {
        var layout = BlkifLayout.X64;
        var entry = new byte[layout.EntrySize];
        entry[1] = 3;
        entry[layout.Segments + 5] = 7;
        var request = new BlockRequest();
        Assert.True(BlockRequestParser.TryParse(entry, layout, request));
        Assert.Equal(4096 + 512 + 512, request.DataBytes);

        Assert.True(BlockRequestParser.TryParse(entry, layout, request));
        Assert.Equal(4096 + 512 + 512, request.DataBytes);

        entry[layout.Segments + 13] = 8;
        Assert.False(BlockRequestParser.TryParse(entry, layout, request));
        Assert.Equal(0, request.DataBytes);
        entry[0] = (byte)BlkifOperation.Discard;
        Assert.True(BlockRequestParser.TryParse(entry, layout, request));
        Assert.Equal((0, 0), (request.DataBytes, request.SegmentCount));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void An_indirect_request_names_its_pages(BlkifLayout layout)
    {
        var entry = new byte[layout.EntrySize];
        entry[0] = (byte)BlkifOperation.Indirect;
        entry[1] = (byte)BlkifOperation.Write;
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(2), 256);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(layout.IndirectId), 5);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(layout.IndirectGrefs), 42);

        var request = new BlockRequest();
        Assert.True(BlockRequestParser.TryParse(entry, layout, request));
        Assert.True(request.IsIndirect);
        Assert.Equal(BlkifOperation.Write, request.Operation);
        Assert.Equal(42u, request.IndirectGrefs[0]);
        Assert.Equal(256, request.SegmentCount);
    }

    [Theory]
    [InlineData(0, 12, 0, 7)]
    [InlineData(0, 1, 0, 8)]
    [InlineData(0, 1, 5, 4)]
    [InlineData(1, 255, 0, 7)]
    [InlineData(0, 0, 0, 7)]
    [InlineData(1, 0, 0, 7)]
    public void Malformed_segments_are_refused(byte operation, byte count, byte first, byte last)
    {
        var entry = new byte[BlkifLayout.X64.EntrySize];
        entry[0] = operation;
        entry[1] = count;
        entry[BlkifLayout.X64.Segments + 4] = first;
        entry[BlkifLayout.X64.Segments + 5] = last;
        Assert.False(BlockRequestParser.TryParse(entry, BlkifLayout.X64, new BlockRequest()));
    }

    [Fact]
    public void Garbage_is_parsed_or_refused_and_never_leaves_its_bounds()
    {
        Gen.Byte.Array[112].Sample(entry =>
        {
            var request = new BlockRequest();
            if (BlockRequestParser.TryParse(entry, BlkifLayout.X64, request) && !request.IsIndirect)
            {
                Assert.InRange(request.SegmentCount, 0, BlkifLayout.MaxSegments);
                Assert.All(request.Segments[..request.SegmentCount], s => Assert.InRange(s.Length, 512, 4096));
            }
        });
    }

    [Theory]
    [InlineData(1, 32)]
    [InlineData(2, 64)]
    [InlineData(16, 512)]
    public void Rings_have_the_size_the_frontend_computes(int pages, int entries) => Assert.Equal(entries, BlkifLayout.X64.Entries(pages));
}
