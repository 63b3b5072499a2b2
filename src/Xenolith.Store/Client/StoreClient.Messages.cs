using System.Diagnostics;
using System.Text;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

public sealed partial class StoreClient
{
    /// <summary>The next event that has arrived, without waiting.</summary>
    public bool TryNextEvent(out StoreEvent happened) => WaitEvent(TimeSpan.Zero, out happened);

    /// <summary>Waits for the next event; false after the time.</summary>
    /// <param name="time">Longest wait; negative for ever.</param>
    /// <param name="happened">The event.</param>
    public bool WaitEvent(TimeSpan time, out StoreEvent happened)
    {
        lock (_lock)
        {
            var started = Stopwatch.GetTimestamp();
            while (!_events.TryDequeue(out happened))
            {
                var left = time < TimeSpan.Zero ? -1 : (int)Math.Max(0, (time - Stopwatch.GetElapsedTime(started)).TotalMilliseconds);
                if (!ReceiveMessage(left, out var header))
                    return false;
                if (header.Type != MessageType.WatchEvent)
                    throw new InvalidDataException($"xenstored sent {header.Type} unasked");
                TakeEvent(header);
            }

            return true;
        }
    }

    /// <summary>Sends a request and waits for the reply.</summary>
    internal StoreError TryAsk(MessageType type, uint transaction, ReadOnlySpan<byte> payload, out byte[] reply)
    {
        reply = [];
        if (payload.Length > WireLimits.Payload)
            return StoreError.E2BIG;
        lock (_lock)
        {
            var request = ++_request;
            new MessageHeader(type, request, transaction, (uint)payload.Length).Write(_output);
            payload.CopyTo(_output.AsSpan(MessageHeader.Size));
            _transport.Send(_output.AsSpan(0, MessageHeader.Size + payload.Length));
            while (true)
            {
                ReceiveMessage(-1, out var header);
                if (header.Type == MessageType.WatchEvent)
                {
                    TakeEvent(header);
                    continue;
                }

                var body = _input.AsSpan(MessageHeader.Size, (int)header.Length);
                if (header.RequestId != request)
                    throw new InvalidDataException("xenstored answered a request that was not made");
                var error = header.Type == MessageType.Error ? StoreErrorNames.Parse(body) : StoreError.None;
                if (error == StoreError.None)
                    reply = body.ToArray();
                Drop(header);
                return error;
            }
        }
    }

    private void TakeEvent(in MessageHeader header)
    {
        var strings = new PayloadStrings(_input.AsSpan(MessageHeader.Size, (int)header.Length));
        if (strings.TryTake(out var path) && strings.TryTake(out var token))
            _events.Enqueue(new(Encoding.UTF8.GetString(path), Encoding.UTF8.GetString(token)));
        Drop(header);
    }

    /// <summary>Waits until a whole message stands at the start of the input; false after the time.</summary>
    private bool ReceiveMessage(int milliseconds, out MessageHeader header)
    {
        header = default;
        while (true)
        {
            if (_received >= MessageHeader.Size)
            {
                header = MessageHeader.Read(_input);
                if (header.Length > WireLimits.Payload)
                    throw new InvalidDataException($"xenstored announced a payload of {header.Length} bytes");
                if (_received >= MessageHeader.Size + (int)header.Length)
                    return true;
            }

            var count = _transport.Receive(_input.AsSpan(_received), milliseconds);
            if (count == 0)
                throw new IOException("xenstored closed the connection; was it ended or restarted?");
            if (count < 0)
                return false;
            _received += count;
        }
    }

    private void Drop(in MessageHeader header)
    {
        var size = MessageHeader.Size + (int)header.Length;
        _received -= size;
        _input.AsSpan(size, _received).CopyTo(_input);
    }
}
