using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// A connected stream socket as a <see cref="Stream"/> that waits. Disposing it ends a read that another thread waits in.
/// Thread ownership: one reader and one writer at a time; disposing is free for all threads.
/// </summary>
/// <param name="socket">Owned from now on.</param>
public sealed class SocketStream(SafeFileHandle socket) : Stream
{
    private readonly EventDescriptor _end = new();
    private volatile bool _disposed;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            while (!_disposed)
            {
                var count = StreamSocket.Receive(socket, buffer);
                if (count != Descriptors.WouldBlock)
                {
                    return count;
                }

                Wait(PollEvents.Readable);
            }

            throw new ObjectDisposedException(nameof(SocketStream));
        }
        finally
        {
            Release(held);
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            while (!buffer.IsEmpty)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                var count = StreamSocket.Send(socket, buffer);
                if (count == 0)
                {
                    throw new IOException("the peer closed the connection");
                }

                if (count == Descriptors.WouldBlock)
                {
                    Wait(PollEvents.Writable);
                    continue;
                }

                buffer = buffer[count..];
            }
        }
        finally
        {
            Release(held);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _end.Signal();

            // The descriptor goes with the last user: one that reads or writes holds it by its handle until it has looked at the end.
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Wait(PollEvents wanted)
    {
        Span<PollEntry> entries = [
            new() { Descriptor = Descriptors.Number(socket), Wanted = wanted },
            new() { Descriptor = Descriptors.Number(_end.Handle), Wanted = PollEvents.Readable },
        ];
        Poller.Wait(entries, Timeout.Infinite);
    }

    private void Release(bool held)
    {
        if (held)
        {
            socket.DangerousRelease();
        }
    }
}
