using Xenolith.Abi.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Tests.Unit.Devices.Net;

namespace Xenolith.Tests.Unit.Devices;

/// <summary>
/// Random requests of a frontend that is partly hostile, against a disk that executes one after the other: however the queue merges, holds back or hands
/// over, each gets the answer that it would get alone, reads see what was written, and what fails leaves the disk as it was.
/// </summary>
public sealed class BlockModelTests : IDisposable
{
    private const int DiskBytes = 4 << 20, Sectors = DiskBytes / 512, Pages = 1200, Batches = 40;

    private readonly string _path = Path.GetTempFileName();
    private readonly byte[] _model = new byte[DiskBytes];
    private Random _random = new(1);

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_request_is_answered_as_if_it_were_alone(bool indirect)
    {
        foreach (var seed in FuzzSeeds.Take(3))
        {
            _random = new Random(seed);
            _random.NextBytes(_model);
            File.WriteAllBytes(_path, _model);
            using var memory = new FrontendMemory(Pages);
            using var image = new RawImage(File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite), _path);
            string? stopped = null;
            using (var frontend = new ModelFrontend(memory, image, reason => stopped = reason))
            {
                for (var batch = 0; batch < Batches && stopped is null; batch++)
                {
                    // Without flushes in between, what is written again and again goes another way.
                    Batch(frontend, indirect, flushes: seed % 2 == 0, $"seed {seed}, batch {batch}");
                }
            }

            Assert.Null(stopped);
            Assert.Equal(0, memory.Mapped);
            Assert.True(_model.AsSpan().SequenceEqual(File.ReadAllBytes(_path)), $"seed {seed}: the disk differs");
        }
    }

    /// <summary>What cannot be told apart by its order: each sector and each page belongs to one request of the batch.</summary>
    private void Batch(ModelFrontend frontend, bool indirect, bool flushes, string place)
    {
        frontend.Begin(_random);
        var used = new bool[Sectors];
        var expected = new List<(ModelRequest Request, byte[]? Before)>();
        var next = (ulong)_random.Next(Sectors);
        var writes = _random.Next(2) == 0;
        for (var count = 1 + _random.Next(ModelFrontend.Entries); count > 0; count--)
        {
            // What waits for the host's disk is rare, or the test waits for nothing else.
            var kind = _random.Next(flushes ? 0 : 2, 100);
            var operation = kind switch
            {
                0 => BlkifOperation.Flush,
                1 => BlkifOperation.WriteBarrier,
                2 or 3 => BlkifOperation.Discard,
                4 or 5 or 6 => (BlkifOperation)(7 + _random.Next(200)),
                _ => writes ^ (kind < 10) ? BlkifOperation.Write : BlkifOperation.Read,
            };
            var sector = _random.Next(12) switch { 0 => (ulong)_random.Next(Sectors), 1 => Sectors - (ulong)_random.Next(20), 2 => (ulong)_random.NextInt64(long.MinValue, long.MaxValue), _ => next };
            var request = frontend.Make(_random, operation, sector, indirect && kind > 40);
            var end = sector + request.Sectors;
            var inside = request.Sectors <= Sectors && sector <= Sectors - request.Sectors;
            if (inside && Enumerable.Range((int)sector, (int)request.Sectors).Any(s => used[s]))
            {
                next = (ulong)_random.Next(Sectors);
                continue;
            }

            if (inside)
            {
                used.AsSpan((int)sector, (int)request.Sectors).Fill(true);
                next = end;
            }

            frontend.Put(request);
            expected.Add((request, inside && request.IsSound ? _model.AsSpan((int)sector * 512, (int)request.Sectors * 512).ToArray() : null));
        }

        var answers = frontend.SendAndAwait(_random);
        foreach (var (request, before) in expected)
        {
            Check(frontend, request, before, answers[request.Id], place);
        }
    }

    private void Check(ModelFrontend frontend, ModelRequest request, byte[]? before, BlkifStatus answer, string place)
    {
        var at = (int)request.Sector * 512;
        var what = $"{place}: {request}";
        switch (request.Operation)
        {
            case BlkifOperation.Flush:
            case BlkifOperation.WriteBarrier when request.Segments.Count == 0:
                Assert.Equal(BlkifStatus.Okay, answer);
                break;
            case BlkifOperation.Read:
                Assert.True((answer == BlkifStatus.Okay) == (before is not null && !request.NeedsWritable), what);
                Assert.True(answer != BlkifStatus.Okay || frontend.Data(request).AsSpan().SequenceEqual(before), $"{what} reads something else");
                break;
            case BlkifOperation.Write or BlkifOperation.WriteBarrier:
                Assert.True((answer == BlkifStatus.Okay) == (before is not null), what);
                if (answer == BlkifStatus.Okay)
                {
                    frontend.Data(request).CopyTo(_model.AsSpan(at));
                }

                break;
            case BlkifOperation.Discard:
                Assert.True(answer == BlkifStatus.NotSupported || (answer == BlkifStatus.Okay) == (before is not null), what);
                if (answer == BlkifStatus.Okay)
                {
                    _model.AsSpan(at, before!.Length).Clear();
                }

                break;
            default:
                Assert.True(answer is BlkifStatus.NotSupported or BlkifStatus.Error, what);
                break;
        }
    }
}
