namespace Xenolith.Store.Tree;

/// <summary>A node that has, or once had, children. They stand sorted by name in chunks.</summary>
internal sealed class Branch
{
    private Chunk[] _chunks;
    private int _chunkCount;

    /// <summary>Makes a node without children yet.</summary>
    public Branch(byte[] record, long edition, ulong generation)
    {
        Record = record;
        Edition = edition;
        Generation = generation;
        _chunks = [];
    }

    private Branch(Branch from, long edition)
    {
        Record = from.Record;
        Edition = edition;
        Generation = from.Generation;
        _chunks = from._chunks.AsSpan(0, from._chunkCount).ToArray();
        _chunkCount = from._chunkCount;
    }

    /// <summary>Name, permissions and value; replaced, never changed, while a snapshot may see it.</summary>
    public byte[] Record { get; set; }

    /// <summary>The edition that may change this object in place; see <see cref="StoreTree"/>.</summary>
    public long Edition { get; }

    /// <summary>Changes with each change of the node or its list of children: the gencnt of DIRECTORY_PART.</summary>
    public ulong Generation { get; set; }

    /// <summary>Bytes of the children's names, each with its zero byte.</summary>
    public int NameBytes
    {
        get
        {
            var sum = 0;
            foreach (var chunk in Chunks)
                sum += chunk.NameBytes;
            return sum;
        }
    }

    /// <summary>The children, chunk by chunk in the order of their names.</summary>
    public ReadOnlySpan<Chunk> Chunks => _chunks.AsSpan(0, _chunkCount);

    /// <summary>A copy that the edition may change; chunks stay shared until they change themselves.</summary>
    public Branch CopyFor(long edition) => new(this, edition);

    /// <summary>The child of that name.</summary>
    public Node Find(ReadOnlySpan<byte> name)
    {
        if (_chunkCount == 0)
            return default;
        var chunk = _chunks[ChunkFor(name)];
        var index = chunk.Search(name);
        return index < 0 ? default : chunk[index];
    }

    /// <summary>Where the child of that name is, or belongs.</summary>
    public ChildPosition Locate(ReadOnlySpan<byte> name)
    {
        if (_chunkCount == 0)
            return new(0, 0, Found: false);
        var chunk = ChunkFor(name);
        var index = _chunks[chunk].Search(name);
        return index < 0 ? new(chunk, ~index, Found: false) : new(chunk, index, Found: true);
    }

    /// <summary>The child at a position.</summary>
    public Node At(ChildPosition position) => _chunks[position.Chunk][position.Index];

    /// <summary>Puts another node of the same name in a child's place.</summary>
    public void Replace(ChildPosition position, Node node, long edition) => Own(position.Chunk, edition).Replace(position.Index, node);

    /// <summary>Puts a new child where <see cref="Locate"/> said.</summary>
    public void Insert(ChildPosition position, Node node, long edition)
    {
        if (_chunkCount == 0)
            InsertChunk(0, new Chunk(edition, 2));
        var chunk = Own(position.Chunk, edition);
        var index = position.Index;
        if (chunk.Count == Chunk.Capacity)
        {
            var atTheEnd = position.Chunk == _chunkCount - 1 && index == chunk.Count;
            var upper = atTheEnd ? new Chunk(edition, 16) : chunk.Split();
            InsertChunk(position.Chunk + 1, upper);
            if (index > chunk.Count || atTheEnd)
            {
                index -= chunk.Count;
                chunk = upper;
            }
        }

        chunk.Insert(index, node);
    }

    /// <summary>Takes the child at a position out.</summary>
    public void Remove(ChildPosition position, long edition)
    {
        var at = position.Chunk;
        var chunk = Own(at, edition);
        chunk.RemoveAt(position.Index);
        if (chunk.Count == 0)
        {
            RemoveChunk(at);
            return;
        }

        if (chunk.Count > Chunk.Sparse || _chunkCount == 1)
            return;
        var first = at == _chunkCount - 1 ? at - 1 : at;
        if (_chunks[first].Count + _chunks[first + 1].Count <= Chunk.Capacity - Chunk.Sparse)
        {
            Own(first, edition).Join(_chunks[first + 1]);
            RemoveChunk(first + 1);
        }
    }

    private int ChunkFor(ReadOnlySpan<byte> name)
    {
        int low = 1, high = _chunkCount - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (_chunks[middle][0].Name.SequenceCompareTo(name) <= 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return low - 1;
    }

    private Chunk Own(int index, long edition)
    {
        var chunk = _chunks[index];
        return chunk.Edition == edition ? chunk : _chunks[index] = chunk.CopyFor(edition);
    }

    private void InsertChunk(int index, Chunk chunk)
    {
        if (_chunkCount == _chunks.Length)
            Array.Resize(ref _chunks, Math.Max(1, _chunkCount + (_chunkCount >> 1) + 1));
        Array.Copy(_chunks, index, _chunks, index + 1, _chunkCount - index);
        _chunks[index] = chunk;
        _chunkCount++;
    }

    private void RemoveChunk(int index)
    {
        _chunkCount--;
        Array.Copy(_chunks, index + 1, _chunks, index, _chunkCount - index);
        _chunks[_chunkCount] = null!;
    }
}

/// <summary>A place among a node's children.</summary>
/// <param name="Chunk">The chunk's index.</param>
/// <param name="Index">The index in it.</param>
/// <param name="Found">Whether the child is there, or would have to be inserted.</param>
internal readonly record struct ChildPosition(int Chunk, int Index, bool Found);
