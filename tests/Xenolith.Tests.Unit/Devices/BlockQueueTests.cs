using System.Buffers.Binary;
using Xenolith.Abi.Block;
using Xenolith.Devices.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Tests.Unit.Devices.Net;

namespace Xenolith.Tests.Unit.Devices;

/// <summary>A queue with a ring of one page and a frontend of the test's: every request is answered once, whatever comes together.</summary>
public sealed class BlockQueueTests : IDisposable
{
    private const int Entries = 32, EntrySize = 112, Header = 64, FirstData = 1;

    private readonly FrontendMemory _memory = new(1 + Entries);
    private readonly string _path = Path.GetTempFileName();
    private readonly RawImage _image;
    private readonly DiskCounters _counters = new();
    private readonly BlockQueue _queue;
    private uint _sent;
    private int _notified;
    private string? _stopped;

    public BlockQueueTests()
    {
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(4 << 20);
        }

        _image = new(File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite), _path);
        var ring = new SharedRing([_memory.Address(0)], EntrySize, Entries);
        _queue = new("xvda", _image, readOnly: false, BlkifLayout.X64, ring, _memory, () => Interlocked.Increment(ref _notified), _counters, _ => { }, reason => _stopped = reason);
        BinaryPrimitives.WriteUInt32LittleEndian(_memory.Page(0)[12..], 1); // rsp_event
    }

    public void Dispose()
    {
        _queue.Dispose();
        _image.Dispose();
        _memory.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void What_is_written_is_read_again_and_every_request_is_answered()
    {
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < Entries; i++)
            {
                _memory.Page(FirstData + i).Fill((byte)(round + i));
                Put(BlkifOperation.Write, (ulong)((round * Entries) + i), FirstData + i);
            }

            SendAndAwait();
            for (var i = 0; i < Entries; i++)
            {
                _memory.Page(FirstData + i).Clear();
                Put(BlkifOperation.Read, (ulong)((round * Entries) + i), FirstData + i);
            }

            SendAndAwait();
            for (var i = 0; i < Entries; i++)
            {
                Assert.Equal(-1, _memory.Page(FirstData + i).IndexOfAnyExcept((byte)(round + i)));
            }
        }

        Assert.Equal((20 * Entries, 20 * Entries, 0), (_counters.Reads, _counters.Writes, _counters.Errors));
        Assert.True(_notified > 0);
        Assert.Equal(0, _memory.Mapped);
    }

    [Fact]
    public void Requests_that_cannot_be_are_answered_with_errors_among_others_that_can()
    {
        for (var i = 0; i < Entries; i++)
        {
            Put(i % 2 == 0 ? BlkifOperation.Read : (BlkifOperation)77, i % 4 == 0 ? ulong.MaxValue : (ulong)i, FirstData + i);
        }

        Put(BlkifOperation.Flush, 0, FirstData, at: 3);
        Put(BlkifOperation.WriteBarrier, 0, FirstData, at: 5);

        var answers = SendAndAwait();

        for (ulong i = 0; i < Entries; i++)
        {
            var expected = i is 3 or 5 ? BlkifStatus.Okay : i % 2 == 1 ? BlkifStatus.NotSupported : i % 4 == 0 ? BlkifStatus.Error : BlkifStatus.Okay;
            Assert.Equal(expected, answers[i]);
        }

        Assert.Null(_stopped);
    }

    [Theory]
    [InlineData(BlkifOperation.Read)]
    [InlineData(BlkifOperation.Write)]
    public void Of_requests_that_follow_each_other_only_the_one_without_its_page_fails(BlkifOperation operation)
    {
        _memory.Revoke(FirstData + 5);
        for (var i = 0; i < Entries; i++)
        {
            Put(operation, (ulong)i, FirstData + i);
        }

        var answers = SendAndAwait();

        Assert.All(answers, a => Assert.Equal(a.Key == 5 ? BlkifStatus.Error : BlkifStatus.Okay, a.Value));
        Assert.Equal(0, _memory.Mapped);
        Assert.Null(_stopped);
    }

    [Fact]
    public void Requests_that_follow_each_other_over_the_end_of_the_disk_are_done_up_to_it()
    {
        var end = (ulong)_image.Bytes / 4096;
        for (var i = 0; i < Entries; i++)
        {
            Put(BlkifOperation.Read, end - (Entries / 2) + (ulong)i, FirstData + i);
        }

        var answers = SendAndAwait();

        Assert.All(answers, a => Assert.Equal(a.Key < Entries / 2 ? BlkifStatus.Okay : BlkifStatus.Error, a.Value));
    }

    /// <summary>Puts the next request, whose id is its place in the ring; it is seen by the backend after the next sending.</summary>
    private void Put(BlkifOperation operation, ulong page, int dataPage, int? at = null)
    {
        var slot = at ?? (int)(_sent++ % Entries);
        var entry = _memory.Page(0).Slice(Header + (slot * EntrySize), EntrySize);
        entry.Clear();
        entry[0] = (byte)operation;
        entry[1] = (byte)(operation == BlkifOperation.Flush ? 0 : 1);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], (ulong)slot);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], page * 8);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], (uint)dataPage);
        entry[29] = 7;
    }

    private Dictionary<ulong, BlkifStatus> SendAndAwait()
    {
        var before = _sent - Entries;
        BinaryPrimitives.WriteUInt32LittleEndian(_memory.Page(0), _sent);
        _queue.Notify();
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (BinaryPrimitives.ReadUInt32LittleEndian(_memory.Page(0)[8..]) != _sent)
        {
            Assert.True(DateTime.UtcNow < deadline, $"not all requests are answered: {_stopped}");
            Thread.Sleep(1);
        }

        // The next responses are to be notified again.
        BinaryPrimitives.WriteUInt32LittleEndian(_memory.Page(0)[12..], _sent + 1);
        var answers = new Dictionary<ulong, BlkifStatus>();
        for (var index = before; index != _sent; index++)
        {
            var entry = _memory.Page(0).Slice(Header + ((int)(index % Entries) * EntrySize), EntrySize);
            answers.Add(BinaryPrimitives.ReadUInt64LittleEndian(entry), (BlkifStatus)BinaryPrimitives.ReadInt16LittleEndian(entry[10..]));
        }

        return answers;
    }
}
