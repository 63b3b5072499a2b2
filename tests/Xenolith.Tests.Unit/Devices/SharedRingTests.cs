using System.Buffers.Binary;
using Xenolith.Devices.Rings;
using Xenolith.Tests.Unit.Devices.Net;

namespace Xenolith.Tests.Unit.Devices;

public sealed class SharedRingTests : IDisposable
{
    private readonly FrontendMemory _memory = new(2);

    public void Dispose() => _memory.Dispose();

    private Span<byte> Bytes() => _memory.Run(0, 2);

    private SharedRing Ring(int entries = 64) => new([_memory.Address(0), _memory.Address(1)], 112, entries);

    private void Producer(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes(), value);

    [Fact]
    public void Requests_come_out_in_order_and_across_page_ends()
    {
        var ring = Ring();
        for (var i = 0; i < 64; i++)
        {
            Bytes().Slice(64 + (i * 112), 112).Fill((byte)(i + 1));
        }

        Producer(64);
        Span<byte> entry = stackalloc byte[112];
        for (var i = 0; i < 64; i++)
        {
            Assert.True(ring.TryTake(entry));
            Assert.Equal(-1, entry.IndexOfAnyExcept((byte)(i + 1)));
        }

        Assert.False(ring.TryTake(entry));
    }

    [Theory]
    [InlineData(65u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void A_producer_index_that_lies_stops_the_ring(uint producer)
    {
        var ring = Ring();
        Producer(producer);
        Assert.Throws<RingException>(() => ring.TryTake(new byte[112]));
    }

    [Fact]
    public void More_requests_than_slots_without_responses_stop_the_ring()
    {
        var ring = Ring();
        var entry = new byte[112];
        Producer(64);
        for (var i = 0; i < 64; i++)
        {
            Assert.True(ring.TryTake(entry));
        }

        Producer(65);
        Assert.Throws<RingException>(() => ring.TryTake(entry));
    }

    [Fact]
    public void A_frontend_is_notified_only_if_it_asked_for_one_of_these_responses()
    {
        var ring = Ring();
        var entry = new byte[112];
        Producer(3);
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes()[12..], 2);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(ring.TryTake(entry));
        }

        ring.Put(entry);
        Assert.False(ring.Push());
        ring.Put(entry);
        Assert.True(ring.Push());
        ring.Put(entry);
        Assert.False(ring.Push());
        Assert.Equal(3u, BinaryPrimitives.ReadUInt32LittleEndian(Bytes()[8..]));
    }

    [Fact]
    public void Arming_sees_a_request_that_came_meanwhile()
    {
        var ring = Ring();
        Assert.False(ring.ArmAndCheck());
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(Bytes()[4..]));
        Producer(1);
        Assert.True(ring.ArmAndCheck());
    }

    [Fact]
    public void A_ring_that_does_not_fit_its_pages_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Ring(128));
        Assert.Throws<ArgumentException>(() => Ring(33));
    }
}
