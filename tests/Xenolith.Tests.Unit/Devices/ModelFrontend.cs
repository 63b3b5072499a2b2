using System.Buffers.Binary;
using Xenolith.Abi.Block;
using Xenolith.Devices.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Tests.Unit.Devices.Net;

namespace Xenolith.Tests.Unit.Devices;

/// <summary>A request of <see cref="ModelFrontend"/>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Operation">What it asks for.</param>
/// <param name="Sector">Where.</param>
/// <param name="Sectors">How many sectors it names.</param>
/// <param name="Segments">Where the data lie.</param>
/// <param name="IndirectPage">The page that lists the segments; 0 if the entry does.</param>
/// <param name="IsSound">No segment or page is wrong.</param>
/// <param name="NeedsWritable">One of its pages may not be written.</param>
internal sealed record ModelRequest(ulong Id, BlkifOperation Operation, ulong Sector, ulong Sectors, IReadOnlyList<BlockSegment> Segments, int IndirectPage, bool IsSound, bool NeedsWritable)
{
    public override string ToString() => $"{Operation} {Sectors} at {Sector} in {Segments.Count} segments{(IndirectPage > 0 ? ", indirect" : "")}{(IsSound ? "" : ", wrong")}{(NeedsWritable ? ", read-only page" : "")}";
}

/// <summary>A frontend on a ring of one page that knows what it did wrong. Pages: the ring, some that were not granted, some only for reading, and the others.</summary>
internal sealed class ModelFrontend : IDisposable
{
    public const int Entries = 32;

    private const int EntrySize = 112, Header = 64, Refused = 4, ReadOnly = 4, FirstGood = 1 + Refused + ReadOnly;

    private readonly FrontendMemory _memory;
    private readonly BlockQueue _queue;
    private readonly Func<string?> _trouble;
    private uint _sent;
    private uint _published;
    private ulong _id;
    private int _page;

    public ModelFrontend(FrontendMemory memory, RawImage image, Action<string> stopped)
    {
        _memory = memory;
        string? trouble = null;
        _trouble = () => trouble;
        for (var i = 0; i < Refused; i++)
        {
            memory.Revoke(1 + i);
            memory.MakeReadOnly(1 + Refused + i);
        }

        var ring = new SharedRing([memory.Address(0)], EntrySize, Entries);
        _queue = new("xvda", image, readOnly: false, BlkifLayout.X64, ring, memory, () => { }, new(), _ => { }, reason => stopped(trouble = reason));
    }

    public void Dispose() => _queue.Dispose();

    /// <summary>All good pages are free again, with new content.</summary>
    public void Begin(Random random)
    {
        _page = FirstGood;
        random.NextBytes(_memory.Run(FirstGood, _memory.Pages - FirstGood));
    }

    /// <summary>Thinks a request up; now and then something is wrong with it.</summary>
    public ModelRequest Make(Random random, BlkifOperation operation, ulong sector, bool indirect)
    {
        var id = (++_id << 8) | (uint)random.Next(256);
        if (operation == BlkifOperation.Discard)
        {
            return new(id, operation, sector, (ulong)random.Next(1, 40), [], 0, true, false);
        }

        if (operation == BlkifOperation.Flush)
        {
            return new(id, operation, sector, 0, [], 0, true, false);
        }

        indirect &= operation is BlkifOperation.Read or BlkifOperation.Write;
        var most = indirect ? 40 : BlkifLayout.MaxSegments;
        var (sound, readOnly) = (true, false);
        var segments = new List<BlockSegment>();
        var indirectPage = indirect ? _page++ : 0;
        for (var count = random.Next(25) == 0 ? 0 : random.Next(1, most + 1); count > 0 && _page < _memory.Pages - 2; count--)
        {
            var (first, last) = random.Next(5) > 0 ? (0, 7) : (random.Next(8), random.Next(8));
            var wrong = random.Next(60);
            (first, last) = wrong == 0 ? (last + 1, random.Next(256)) : (Math.Min(first, last), Math.Max(first, last));
            sound &= wrong != 1 && last >= first && last <= 7;
            readOnly |= wrong == 2;
            var gref = wrong switch { 1 => 1 + random.Next(Refused), 2 => 1 + Refused + random.Next(ReadOnly), _ => _page++ };
            segments.Add(new((uint)gref, first, last));
        }

        sound &= segments.Count > 0 || operation == BlkifOperation.WriteBarrier;
        var sectors = sound ? (ulong)segments.Sum(s => s.Last - s.First + 1) : 0;
        return new(id, operation, sector, sectors, segments, indirectPage, sound, readOnly);
    }

    /// <summary>The bytes of its pages.</summary>
    public byte[] Data(ModelRequest request) => [.. request.Segments.SelectMany(s => _memory.Page((int)s.Gref).Slice(s.First * 512, s.Length).ToArray())];

    /// <summary>Puts it into the ring.</summary>
    public void Put(ModelRequest request)
    {
        var entry = _memory.Page(0).Slice(Header + ((int)(_sent++ % Entries) * EntrySize), EntrySize);
        entry.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], request.Id);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], request.Sector);
        if (request.IndirectPage > 0)
        {
            entry[0] = (byte)BlkifOperation.Indirect;
            entry[1] = (byte)request.Operation;
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)request.Segments.Count);
            BinaryPrimitives.WriteInt32LittleEndian(entry[28..], request.IndirectPage);
            Write(request.Segments, _memory.Page(request.IndirectPage));
            return;
        }

        entry[0] = (byte)request.Operation;
        entry[1] = (byte)request.Segments.Count;
        if (request.Operation == BlkifOperation.Discard)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], request.Sectors);
            return;
        }

        Write(request.Segments, entry[24..]);
    }

    /// <summary>Shows the requests to the backend, all at once or in pieces, and waits for the answers.</summary>
    public Dictionary<ulong, BlkifStatus> SendAndAwait(Random random)
    {
        var first = _published;
        while (_published != _sent)
        {
            _published += random.Next(3) == 0 ? (uint)random.Next(1, (int)(_sent - _published) + 1) : _sent - _published;
            Volatile.Write(ref Index(0), _published);
            _queue.Notify();
        }

        for (var tries = 0; Volatile.Read(ref Index(8)) != _sent; tries++)
        {
            Assert.True(tries < 60_000, $"not all requests are answered: {_trouble()}");
            Thread.Sleep(tries < 10 ? 0 : 1);
        }

        var answers = new Dictionary<ulong, BlkifStatus>();
        for (; first != _sent; first++)
        {
            var entry = _memory.Page(0).Slice(Header + ((int)(first % Entries) * EntrySize), EntrySize);
            answers.Add(BinaryPrimitives.ReadUInt64LittleEndian(entry), (BlkifStatus)BinaryPrimitives.ReadInt16LittleEndian(entry[10..]));
        }

        return answers;
    }

    private static void Write(IReadOnlyList<BlockSegment> segments, Span<byte> to)
    {
        foreach (var segment in segments)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(to, segment.Gref);
            (to[4], to[5]) = ((byte)segment.First, (byte)segment.Last);
            to = to[8..];
        }
    }

    private ref uint Index(int offset) => ref System.Runtime.InteropServices.MemoryMarshal.AsRef<uint>(_memory.Page(0)[offset..]);
}
