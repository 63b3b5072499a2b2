using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Rings;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Ports;

/// <summary>
/// A port whose other end is passt: a stream socket with frames, each after its length in four bytes, high byte first. passt ends TCP itself,
/// so a guest's large packets go to it in one piece; checksums are completed. Owned by one thread, but for <see cref="Exchange"/>.
/// </summary>
public sealed class PasstPort : IPacketPort, IPacketChannel
{
    private const int LengthBytes = 4, Room = 256 << 10, LargestFrame = 0xffff + FrameHeaders.Ethernet;

    private readonly byte[] _length = GC.AllocateArray<byte>(LengthBytes, pinned: true);
    private readonly MemoryRun[] _runs = new MemoryRun[PacketIo.MaxRuns];
    private byte[] _pending = [];
    private readonly byte[] _head = new byte[FrameHeaders.Enough];
    private byte[] _incoming = [];
    private bool _largeV4, _largeV6;
    private SafeFileHandle _socket;
    private SafeFileHandle? _next;
    private int _pendingStart, _pendingEnd, _start, _end;

    /// <summary>A port over our end of a socket, owned from now on.</summary>
    public PasstPort(SafeFileHandle socket) => _socket = socket;

    /// <inheritdoc/>
    public int Channels => 1;

    /// <inheritdoc/>
    public bool TakesBlankChecksums => false;

    /// <inheritdoc/>
    public string? Broken { get; private set; }

    /// <inheritdoc/>
    public void Use(int channels, bool blankChecksums, bool largeV4, bool largeV6)
    {
        // passt's frames are complete and of ordinary size; those of one flow are put together again for who takes large ones.
        _largeV4 = blankChecksums && largeV4;
        _largeV6 = blankChecksums && largeV6;
    }

    /// <inheritdoc/>
    public IPacketChannel Channel(int index) => this;

    /// <inheritdoc/>
    public SendOutcome TrySend(in VnetHeader header, EthernetAddress destination, ReadOnlySpan<MemoryRun> frame)
    {
        TakeNext();
        if (!FlushPending())
        {
            return Broken is null ? SendOutcome.Full : SendOutcome.Dropped;
        }

        nint total = 0;
        foreach (var run in frame)
        {
            total += run.Length;
        }

        BinaryPrimitives.WriteInt32BigEndian(_length, (int)total);
        _runs[0] = new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_length, 0), LengthBytes);
        frame.CopyTo(_runs.AsSpan(1));
        var runs = _runs.AsSpan(0, frame.Length + 1);
        var sent = PacketIo.SendSome(_socket, runs);
        if (sent < 0)
        {
            return sent == -Errno.EAGAIN ? SendOutcome.Full : Ended();
        }

        if (sent < total + LengthBytes)
        {
            KeepRest(runs, sent);
        }

        return SendOutcome.Sent;
    }

    /// <inheritdoc/>
    public int Receive(ReadOnlySpan<MemoryRun> into, out VnetHeader header)
    {
        header = default;
        TakeNext();
        if (!HaveFrame(out var length) || Broken is not null)
        {
            return Descriptors.WouldBlock;
        }

        var frame = _incoming.AsSpan(_start + LengthBytes, length);
        if (TcpRun.TryBegin(frame, _largeV4, _largeV6, out var run) && Extend(ref run, frame))
        {
            return Gather(in run, into, out header);
        }

        _start += LengthBytes + length;
        Scatter(frame, into, 0);
        header = header with { Flags = VnetFlags.DataValid };
        return length;
    }

    /// <inheritdoc/>
    public int AddWaits(Span<PollEntry> rows, bool receive, bool send, ref int milliseconds)
    {
        if (Broken is not null)
        {
            return 0;
        }

        // The rest of a frame must go out even if the guest sends nothing more.
        send |= _pendingStart < _pendingEnd;
        rows[0] = new PollEntry
        {
            Descriptor = Descriptors.Number(_socket),
            Wanted = (receive ? PollEvents.Readable : PollEvents.None) | (send ? PollEvents.Writable : PollEvents.None),
        };
        return receive || send ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _next?.Dispose();
    }

    /// <summary>Another passt is at the other end of this socket: it takes the old one's place at the owner's next turn. Any thread.</summary>
    public void Exchange(SafeFileHandle socket) => Interlocked.Exchange(ref _next, socket)?.Dispose();

    /// <summary>Begins with a new passt, if there is one: what was half sent or half received is lost.</summary>
    private void TakeNext()
    {
        if (Volatile.Read(ref _next) is not null && Interlocked.Exchange(ref _next, null) is { } next)
        {
            _socket.Dispose();
            _socket = next;
            _pendingStart = _pendingEnd = _start = _end = 0;
            Broken = null;
        }
    }

    /// <summary>Takes what continues the run, of what has come in already; false if there is nothing.</summary>
    private bool Extend(ref TcpRun run, ReadOnlySpan<byte> first)
    {
        for (var at = _start + LengthBytes + first.Length; _end - at > LengthBytes;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(_incoming.AsSpan(at));
            if (length < FrameHeaders.Ethernet || length > _end - at - LengthBytes || !run.TryAppend(first, _incoming.AsSpan(at + LengthBytes, length)))
            {
                break;
            }

            at += LengthBytes + length;
        }

        return run.Count > 1;
    }

    /// <summary>Delivers a run as one packet.</summary>
    private int Gather(in TcpRun run, ReadOnlySpan<MemoryRun> into, out VnetHeader header)
    {
        var head = _head.AsSpan(0, run.HeadersEnd);
        _incoming.AsSpan(_start + LengthBytes, run.HeadersEnd).CopyTo(head);
        run.TryFinish(head, out header);
        Scatter(head, into, 0);
        var at = run.HeadersEnd;
        for (var i = 0; i < run.Count; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(_incoming.AsSpan(_start));
            var payload = _incoming.AsSpan(_start + LengthBytes + run.HeadersEnd, length - run.HeadersEnd);
            Scatter(payload, into, at);
            at += payload.Length;
            _start += LengthBytes + length;
        }

        return at;
    }

    /// <summary>Copies to a place in the memory described; what does not fit is lost.</summary>
    private static void Scatter(ReadOnlySpan<byte> bytes, ReadOnlySpan<MemoryRun> into, int skip)
    {
        foreach (var run in into)
        {
            if (skip >= run.Length)
            {
                skip -= (int)run.Length;
                continue;
            }

            var part = (int)Math.Min(run.Length - skip, bytes.Length);
            MappedBytes.Write(run.Address + skip, bytes[..part]);
            bytes = bytes[part..];
            skip = 0;
            if (bytes.IsEmpty)
            {
                return;
            }
        }
    }

    private bool HaveFrame(out int length)
    {
        FlushPending();
        while (true)
        {
            length = 0;
            if (_end - _start >= LengthBytes)
            {
                length = BinaryPrimitives.ReadInt32BigEndian(_incoming.AsSpan(_start));
                if (length is < FrameHeaders.Ethernet or > LargestFrame)
                {
                    Broken ??= $"passt sent a frame of {length} bytes, which no frame has; its connection is given up";
                    return false;
                }

                if (_end - _start >= LengthBytes + length)
                {
                    return true;
                }
            }

            if (Broken is not null || !ReadMore())
            {
                return false;
            }
        }
    }

    private bool ReadMore()
    {
        if (_incoming.Length == 0)
        {
            _incoming = new byte[Room];
        }

        if (_start > 0)
        {
            _incoming.AsSpan(_start, _end - _start).CopyTo(_incoming);
            _end -= _start;
            _start = 0;
        }

        var count = StreamSocket.Receive(_socket, _incoming.AsSpan(_end));
        if (count == 0)
        {
            Ended();
        }

        _end += Math.Max(0, count);
        return count > 0;
    }

    private void KeepRest(ReadOnlySpan<MemoryRun> runs, int sent)
    {
        if (_pending.Length == 0)
        {
            _pending = GC.AllocateArray<byte>(LargestFrame + LengthBytes, pinned: true);
        }

        _pendingStart = _pendingEnd = 0;
        foreach (var run in runs)
        {
            var skip = (int)Math.Min(sent, run.Length);
            sent -= skip;
            var part = (int)run.Length - skip;
            MappedBytes.Copy(run.Address + skip, _pending.AsSpan(_pendingEnd, part));
            _pendingEnd += part;
        }
    }

    private bool FlushPending()
    {
        while (_pendingStart < _pendingEnd)
        {
            var count = StreamSocket.Send(_socket, _pending.AsSpan(_pendingStart, _pendingEnd - _pendingStart));
            if (count <= 0)
            {
                if (count == 0)
                {
                    Ended();
                }

                return false;
            }

            _pendingStart += count;
        }

        return Broken is null;
    }

    private SendOutcome Ended()
    {
        Broken ??= "passt has ended: the interface leads nowhere until it runs again";
        return SendOutcome.Dropped;
    }
}
