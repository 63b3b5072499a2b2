using System.Buffers.Binary;

namespace Xenolith.Devices.Block.Nbd;

/// <summary>An NBD client that only reads, one request at a time and without a thread: for the boot loader. One thread.</summary>
public sealed class NbdReader
{
    private const uint RequestMagic = 0x25609513, ReplyMagic = 0x67446698;
    private const int MaxRequest = 2 << 20;

    private readonly Stream _stream;
    private ulong _cookie;

    /// <summary>Negotiates the server's default export.</summary>
    /// <param name="stream">Connected to the server; stays the caller's.</param>
    /// <exception cref="IOException">The server refused, or went away.</exception>
    public NbdReader(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        Bytes = NbdHandshake.Open(stream, string.Empty).Bytes;
    }

    /// <summary>Size of the disk.</summary>
    public long Bytes { get; }

    /// <summary>Fills a buffer from a position inside the disk.</summary>
    /// <exception cref="IOException">The server cannot read it, or went away.</exception>
    public void Read(long position, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var piece = buffer[..Math.Min(buffer.Length, MaxRequest)];
            ReadPiece(position, piece);
            position += piece.Length;
            buffer = buffer[piece.Length..];
        }
    }

    private void ReadPiece(long position, Span<byte> piece)
    {
        Span<byte> request = stackalloc byte[28];
        request.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(request, RequestMagic);
        BinaryPrimitives.WriteUInt64BigEndian(request[8..], ++_cookie);
        BinaryPrimitives.WriteInt64BigEndian(request[16..], position);
        BinaryPrimitives.WriteInt32BigEndian(request[24..], piece.Length);
        _stream.Write(request);
        Span<byte> reply = stackalloc byte[16];
        _stream.ReadExactly(reply);
        if (BinaryPrimitives.ReadUInt32BigEndian(reply) != ReplyMagic || BinaryPrimitives.ReadUInt64BigEndian(reply[8..]) != _cookie)
        {
            throw new NbdException("the NBD server answered something that was not asked");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(reply[4..]) is not 0 and var error)
        {
            throw new NbdException($"the NBD server cannot read at {position} (error {error})");
        }

        _stream.ReadExactly(piece);
    }
}
