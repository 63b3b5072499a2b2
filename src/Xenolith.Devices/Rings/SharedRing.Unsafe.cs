using System.Runtime.CompilerServices;

namespace Xenolith.Devices.Rings;

/// <summary>
/// A backend's side of a shared ring (xen/include/public/io/ring.h) of one or more granted pages: takes requests, puts responses.
/// Nothing that the frontend writes is read twice: indices once a call, entries as one copy. Owned by one thread at a time.
/// </summary>
public sealed unsafe class SharedRing
{
    private const int PageSize = 4096, Header = 64;
    private const int RequestProducer = 0, RequestEvent = 4, ResponseProducerOffset = 8, ResponseEvent = 12;

    private readonly nint[] _pages;
    private readonly int _entrySize;
    private readonly uint _entries;
    private uint _requestConsumer;
    private uint _responseProducer;
    private uint _responsesPushed;

    /// <summary>Wraps mapped pages.</summary>
    /// <param name="pages">Host addresses of the ring's pages in order; they stay mapped as long as this object is used.</param>
    /// <param name="entrySize">Bytes of an entry.</param>
    /// <param name="entries">Number of entries, a power of two; header and entries fit the pages.</param>
    public SharedRing(ReadOnlySpan<nint> pages, int entrySize, int entries)
    {
        if (entries <= 0 || (entries & (entries - 1)) != 0 || Header + (entries * entrySize) > pages.Length * PageSize)
        {
            throw new ArgumentException($"{entries} entries of {entrySize} bytes do not fit {pages.Length} pages");
        }

        _pages = pages.ToArray();
        _entrySize = entrySize;
        _entries = (uint)entries;

        // A frontend that reconnects after a resume starts from zero; one that survived its backend starts where its responses ended.
        _requestConsumer = _responseProducer = _responsesPushed = Index(ResponseProducerOffset);
    }

    /// <summary>Number of entries.</summary>
    public int Entries => (int)_entries;

    /// <summary>There may be a further request; only a hint, since the index is not checked.</summary>
    public bool HasRequests => Index(RequestProducer) != _requestConsumer;

    /// <summary>Requests taken whose responses were not put yet.</summary>
    public int Outstanding => (int)(_requestConsumer - _responseProducer);

    /// <summary>The indices as they are now, for <c>xl inspect</c>: what the frontend and we have put and taken, and when each wants to be notified.</summary>
    public IEnumerable<KeyValuePair<string, long>> Indices() =>
    [
        new("req_prod", Index(RequestProducer)), new("req_cons", _requestConsumer), new("req_event", Index(RequestEvent)),
        new("rsp_prod", Index(ResponseProducerOffset)), new("rsp_event", Index(ResponseEvent)),
    ];

    /// <summary>Copies the next request out; false if there is none.</summary>
    /// <param name="entry">Exactly an entry's size.</param>
    /// <exception cref="RingException">The producer index claims more requests than the ring can hold.</exception>
    public bool TryTake(Span<byte> entry)
    {
        var producer = Index(RequestProducer);
        var waiting = producer - _requestConsumer;
        if (waiting == 0)
        {
            return false;
        }

        if (waiting > _entries || Outstanding >= _entries)
        {
            throw new RingException($"request index {producer:x} is {waiting} ahead of {_requestConsumer:x} in a ring of {_entries}");
        }

        Copy(_requestConsumer, entry, toRing: false);
        _requestConsumer++;
        return true;
    }

    /// <summary>Puts a response; visible to the frontend after <see cref="Push"/>.</summary>
    public void Put(Span<byte> response)
    {
        if (_responseProducer == _requestConsumer)
        {
            throw new InvalidOperationException("a response without a request");
        }

        Copy(_responseProducer, response, toRing: true);
        _responseProducer++;
    }

    /// <summary>Publishes the responses put so far; true if the frontend asked to be notified.</summary>
    public bool Push()
    {
        var before = _responsesPushed;
        if (before == _responseProducer)
        {
            return false;
        }

        SetIndex(ResponseProducerOffset, _responseProducer);
        _responsesPushed = _responseProducer;
        Interlocked.MemoryBarrier();
        return _responseProducer - Index(ResponseEvent) < _responseProducer - before;
    }

    /// <summary>
    /// Asks to be notified of the next request and looks once more; true if one came meanwhile, so that the caller goes on instead of sleeping.
    /// </summary>
    public bool ArmAndCheck()
    {
        if (Index(RequestProducer) != _requestConsumer)
        {
            return true;
        }

        SetIndex(RequestEvent, _requestConsumer + 1);
        Interlocked.MemoryBarrier();
        return Index(RequestProducer) != _requestConsumer;
    }

    private uint Index(int offset)
    {
        // SAFETY: the first page is mapped and the header lies inside it.
        return Volatile.Read(ref Unsafe.AsRef<uint>((void*)(_pages[0] + offset)));
    }

    private void SetIndex(int offset, uint value)
    {
        // SAFETY: as above.
        Volatile.Write(ref Unsafe.AsRef<uint>((void*)(_pages[0] + offset)), value);
    }

    // Entries of a ring of several pages may lie across a page's end.
    private void Copy(uint index, Span<byte> bytes, bool toRing)
    {
        var offset = Header + ((int)(index & (_entries - 1)) * _entrySize);
        bytes = bytes.Length > _entrySize ? bytes[.._entrySize] : bytes;
        while (!bytes.IsEmpty)
        {
            var inPage = offset & (PageSize - 1);
            var length = Math.Min(bytes.Length, PageSize - inPage);
            // SAFETY: the constructor checked that every entry lies inside the pages.
            var shared = new Span<byte>((void*)(_pages[offset / PageSize] + inPage), length);
            if (toRing)
            {
                bytes[..length].CopyTo(shared);
            }
            else
            {
                shared.CopyTo(bytes);
            }

            bytes = bytes[length..];
            offset += length;
        }
    }
}

/// <summary>A frontend broke its ring: the device stops, the domain and its neighbours go on.</summary>
public sealed class RingException(string message) : Exception(message);
