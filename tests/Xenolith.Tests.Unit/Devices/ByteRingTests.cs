using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CsCheck;
using Xenolith.Abi.Io;
using Xenolith.Devices.Rings;
using Xunit;

namespace Xenolith.Tests.Unit.Devices;

/// <summary>The byte rings of console and xenstore over a page that a guest also writes.</summary>
public sealed class ByteRingTests : IDisposable
{
    private readonly byte[] _memory = GC.AllocateArray<byte>(8192, pinned: true);
    private readonly nint _page;

    public ByteRingTests() => _page = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);

    public void Dispose() => GC.KeepAlive(_memory);

    [Fact]
    public void What_goes_in_comes_out_in_order_whatever_the_pieces()
    {
        Gen.Select(Gen.Int[0, 3000].Array[1, 60], Gen.UInt).Sample((pieces, start) =>
        {
            Index(XenstoreRing.ResponseProducer) = start;
            Index(XenstoreRing.ResponseConsumer) = start;
            var host = RingPair.OfXenstore(_page).ToGuest;
            var guest = new ByteRing(_page, XenstoreRing.Responses, XenstoreRing.Size, XenstoreRing.ResponseConsumer, XenstoreRing.ResponseProducer);
            byte next = 0, expected = 0;
            var buffer = new byte[3000];
            foreach (var piece in pieces)
            {
                for (var i = 0; i < piece; i++)
                {
                    buffer[i] = (byte)(next + i);
                }

                host.Write(buffer.AsSpan(0, piece), out var written);
                next += (byte)written;
                guest.Read(buffer.AsSpan(0, (piece * 7) % 1500), out var read);
                for (var i = 0; i < read; i++)
                {
                    if (buffer[i] != expected++)
                    {
                        return false;
                    }
                }
            }

            return true;
        }, threads: 1); // one page for all samples
    }

    [Fact]
    public void Contradicting_indices_break_the_ring_and_nothing_else()
    {
        var console = RingPair.OfConsole(_page);
        Index(ConsoleRing.OutConsumer) = 10;
        Index(ConsoleRing.OutProducer) = 10 + ConsoleRing.OutSize + 1;
        Assert.Equal(RingStep.Broken, console.FromGuest.Read(new byte[10], out _));

        Index(ConsoleRing.OutProducer) = 9;
        Assert.Equal(RingStep.Broken, console.FromGuest.Read(new byte[10], out _));

        Index(ConsoleRing.InProducer) = 5;
        Index(ConsoleRing.InConsumer) = 6;
        Assert.Equal(RingStep.Broken, console.ToGuest.Write(new byte[10], out _));
    }

    [Fact]
    public void A_full_ring_takes_nothing_and_an_empty_one_gives_nothing()
    {
        var console = RingPair.OfConsole(_page);
        Assert.Equal(RingStep.Idle, console.FromGuest.Read(new byte[10], out _));
        Assert.Equal(RingStep.Moved, console.ToGuest.Write(new byte[5000], out var written));
        Assert.Equal(ConsoleRing.InSize, written);
        Assert.Equal(RingStep.Idle, console.ToGuest.Write(new byte[1], out _));
    }

    [Fact]
    public void The_xenstore_page_tells_the_guest_that_errors_are_reported()
    {
        RingPair.OfXenstore(_page);
        Assert.Equal(XenstoreRing.FeatureError, BinaryPrimitives.ReadUInt32LittleEndian(_memory.AsSpan(XenstoreRing.ServerFeatures)));
    }

    private ref uint Index(int offset) => ref MemoryMarshal.AsRef<uint>(_memory.AsSpan(offset));
}
