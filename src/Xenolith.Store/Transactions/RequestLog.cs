using System.Buffers.Binary;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Transactions;

/// <summary>
/// The requests made in a transaction, to be repeated at its commit: u8 type, u8 whether it changed something, u8 the error it was answered with,
/// u16 length, payload.
/// </summary>
internal sealed class RequestLog
{
    private const int Header = 5;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>How many requests were made.</summary>
    public int Count { get; private set; }

    /// <summary>Whether any of them changed something.</summary>
    public bool HasChanges { get; private set; }

    /// <summary>Bytes kept.</summary>
    public int Bytes => _length;

    /// <summary>Adds a request.</summary>
    public void Add(MessageType type, bool changes, StoreError error, ReadOnlySpan<byte> payload)
    {
        var size = Header + payload.Length;
        if (_bytes.Length - _length < size)
            Array.Resize(ref _bytes, Math.Max(128, Math.Max(_bytes.Length * 2, _length + size)));
        var to = _bytes.AsSpan(_length, size);
        to[0] = (byte)type;
        to[1] = changes ? (byte)1 : (byte)0;
        to[2] = (byte)error;
        BinaryPrimitives.WriteUInt16LittleEndian(to[3..], (ushort)payload.Length);
        payload.CopyTo(to[Header..]);
        _length += size;
        Count++;
        HasChanges |= changes;
    }

    /// <summary>The requests in order.</summary>
    public Entries GetEnumerator() => new(_bytes.AsSpan(0, _length));

    /// <summary>One request.</summary>
    public readonly ref struct Entry(MessageType type, bool changes, StoreError error, ReadOnlySpan<byte> payload)
    {
        /// <summary>What was asked.</summary>
        public MessageType Type { get; } = type;

        /// <summary>Whether it changed something.</summary>
        public bool Changes { get; } = changes;

        /// <summary>The error it was answered with, if any.</summary>
        public StoreError Error { get; } = error;

        /// <summary>The request's payload.</summary>
        public ReadOnlySpan<byte> Payload { get; } = payload;
    }

    /// <summary>Walks a log.</summary>
    public ref struct Entries(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        /// <summary>The present request.</summary>
        public Entry Current { get; private set; }

        /// <summary>Goes to the next request.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[3..]);
            Current = new((MessageType)_rest[0], _rest[1] != 0, (StoreError)_rest[2], _rest.Slice(Header, length));
            _rest = _rest[(Header + length)..];
            return true;
        }
    }
}
