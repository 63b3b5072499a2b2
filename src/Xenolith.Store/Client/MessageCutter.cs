using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>Cuts a stream of bytes into whole messages.</summary>
internal sealed class MessageCutter
{
    private readonly byte[] _message = new byte[WireLimits.Message];
    private int _length;

    /// <summary>Sees a whole message, header and payload.</summary>
    public delegate void Seen(in MessageHeader header, ReadOnlySpan<byte> message);

    /// <summary>The beginning of a message whose end has not come.</summary>
    public ReadOnlySpan<byte> Half => _message.AsSpan(0, _length);

    /// <summary>Takes bytes; false if a message is announced that is longer than the protocol allows.</summary>
    public bool Take(ReadOnlySpan<byte> bytes, Seen seen)
    {
        while (!bytes.IsEmpty)
        {
            var wanted = _length < MessageHeader.Size ? MessageHeader.Size : Size;
            var count = Math.Min(wanted - _length, bytes.Length);
            bytes[..count].CopyTo(_message.AsSpan(_length));
            _length += count;
            bytes = bytes[count..];
            if (_length == MessageHeader.Size && MessageHeader.Read(_message).Length > WireLimits.Payload)
                return false;
            if (_length >= MessageHeader.Size && _length == Size)
            {
                seen(MessageHeader.Read(_message), Half);
                _length = 0;
            }
        }

        return true;
    }

    /// <summary>Forgets the beginning of a message.</summary>
    public void Reset() => _length = 0;

    private int Size => MessageHeader.Size + (int)MessageHeader.Read(_message).Length;
}
