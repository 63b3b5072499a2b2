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
/// so a guest's large packets go to it in one piece; checksums are completed. Owned by one thread.
/// </summary>
/// <param name="socket">Our end, owned from now on.</param>
public sealed class PasstPort(SafeFileHandle socket) : IPacketPort, IPacketChannel
{
    private const int LengthBytes = 4, Room = 256 << 10, LargestFrame = 0xffff + FrameHeaders.Ethernet;

    private readonly byte[] _length = GC.AllocateArray<byte>(LengthBytes, pinned: true);
    private readonly MemoryRun[] _runs = new MemoryRun[PacketIo.MaxRuns];
    private byte[] _pending = [];
    private byte[] _incoming = [];
    private int _pendingStart, _pendingEnd, _start, _end;

    /// <inheritdoc/>
    public int Channels => 1;

    /// <inheritdoc/>
    public bool TakesBlankChecksums => false;

    /// <inheritdoc/>
    public string? Broken { get; private set; }

    /// <inheritdoc/>
    public void Use(int channels, bool blankChecksums, bool largeV4, bool largeV6)
    {
        // passt's frames are complete and of ordinary size.
    }

    /// <inheritdoc/>
    public IPacketChannel Channel(int index) => this;

    /// <inheritdoc/>
    public SendOutcome TrySend(in VnetHeader header, EthernetAddress destination, ReadOnlySpan<MemoryRun> frame)
    {
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
        var sent = PacketIo.SendSome(socket, runs);
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
        if (!HaveFrame(out var length) || Broken is not null)
        {
            return Descriptors.WouldBlock;
        }

        var frame = _incoming.AsSpan(_start + LengthBytes, length);
        _start += LengthBytes + length;
        foreach (var run in into)
        {
            var part = (int)Math.Min(run.Length, frame.Length);
            MappedBytes.Write(run.Address, frame[..part]);
            frame = frame[part..];
        }

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
            Descriptor = Descriptors.Number(socket),
            Wanted = (receive ? PollEvents.Readable : PollEvents.None) | (send ? PollEvents.Writable : PollEvents.None),
        };
        return receive || send ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

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

        var count = StreamSocket.Receive(socket, _incoming.AsSpan(_end));
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
            var count = StreamSocket.Send(socket, _pending.AsSpan(_pendingStart, _pendingEnd - _pendingStart));
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
        Broken ??= "passt has ended: the interface leads nowhere until it is attached again";
        return SendOutcome.Dropped;
    }
}
