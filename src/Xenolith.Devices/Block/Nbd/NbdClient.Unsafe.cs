using System.Buffers.Binary;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Nbd;

/// <summary>
/// The transmission phase of an NBD client over one stream: many requests in flight, simple replies in any order.
/// <para>Threads: any number of callers, each blocked until its reply is there; one receiver thread of the client. Locks: the send lock
/// keeps messages whole; slots are handed over by their semaphores. No lock is held while waiting for a reply. When the stream
/// breaks, every waiting and later request fails with EIO.</para>
/// </summary>
internal sealed unsafe class NbdClient : IDisposable
{
    private const uint RequestMagic = 0x25609513, ReplyMagic = 0x67446698;
    private const int MaxInFlight = 32, IoError = 5;

    private readonly Stream _stream;
    private readonly Lock _send = new();
    private readonly byte[] _header = new byte[28];
    private readonly Slot[] _slots = new Slot[MaxInFlight];
    private readonly SemaphoreSlim _free = new(MaxInFlight);
    private readonly Action<string> _lost;
    private volatile bool _broken;

    private sealed class Slot
    {
        public readonly SemaphoreSlim Done = new(0);
        public int InUse;
        public MemoryRun[] Runs = [];
        public int RunCount;
        public int Result;
    }

    /// <summary>Starts the receiver on a negotiated stream.</summary>
    /// <param name="stream">Owned from here on.</param>
    /// <param name="lost">Called once, with the reason, when the stream breaks.</param>
    public NbdClient(Stream stream, Action<string> lost)
    {
        _stream = stream;
        _lost = lost;
        for (var i = 0; i < MaxInFlight; i++)
        {
            _slots[i] = new Slot();
        }

        new Thread(Receive) { IsBackground = true, Name = "nbd" }.Start();
    }

    /// <summary>Reads, writes, flushes or trims; blocks until the server answered. Returns 0 or an errno.</summary>
    public int Execute(NbdCommand command, long offset, long length, ReadOnlySpan<MemoryRun> runs)
    {
        _free.Wait();
        var number = Claim();
        var slot = _slots[number];
        try
        {
            slot.RunCount = command == NbdCommand.Read ? runs.Length : 0;
            if (slot.Runs.Length < slot.RunCount)
            {
                slot.Runs = new MemoryRun[Math.Max(slot.RunCount, 64)];
            }

            runs[..slot.RunCount].CopyTo(slot.Runs);
            if (!Send(command, number, offset, length, runs))
            {
                return IoError;
            }

            slot.Done.Wait();
            return slot.Result;
        }
        finally
        {
            Volatile.Write(ref slot.InUse, 0);
            _free.Release();
        }
    }

    /// <summary>Tells the server and closes the stream.</summary>
    public void Dispose()
    {
        lock (_send)
        {
            if (!_broken)
            {
                Header(NbdCommand.Disconnect, 0, 0, 0);
                TryWrite(_header);
                _broken = true;
            }
        }

        _stream.Dispose();
    }

    private int Claim()
    {
        for (var i = 0; ; i = (i + 1) % MaxInFlight)
        {
            if (Interlocked.Exchange(ref _slots[i].InUse, 1) == 0)
            {
                return i;
            }
        }
    }

    private void Header(NbdCommand command, int slot, long offset, long length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_header, RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(4), 0);
        BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(6), (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(8), (ulong)slot);
        BinaryPrimitives.WriteInt64BigEndian(_header.AsSpan(16), offset);
        BinaryPrimitives.WriteUInt32BigEndian(_header.AsSpan(24), (uint)length);
    }

    private bool Send(NbdCommand command, int slot, long offset, long length, ReadOnlySpan<MemoryRun> runs)
    {
        lock (_send)
        {
            if (_broken)
            {
                return false;
            }

            Header(command, slot, offset, length);
            if (!TryWrite(_header))
            {
                return false;
            }

            if (command == NbdCommand.Write)
            {
                foreach (var run in runs)
                {
                    // SAFETY: the caller keeps the runs mapped until Execute returns.
                    if (!TryWrite(new ReadOnlySpan<byte>((void*)run.Address, (int)run.Length)))
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Break(e.Message);
            return false;
        }
    }

    private void Receive()
    {
        var header = new byte[16];
        try
        {
            while (true)
            {
                _stream.ReadExactly(header);
                var number = BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8));
                if (BinaryPrimitives.ReadUInt32BigEndian(header) != ReplyMagic || number >= MaxInFlight || Volatile.Read(ref _slots[number].InUse) == 0)
                {
                    throw new NbdException("the NBD server sent a malformed reply");
                }

                var slot = _slots[number];
                slot.Result = (int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
                if (slot.Result == 0)
                {
                    for (var i = 0; i < slot.RunCount; i++)
                    {
                        // SAFETY: the request's owner waits in Execute and keeps the runs mapped.
                        _stream.ReadExactly(new Span<byte>((void*)slot.Runs[i].Address, (int)slot.Runs[i].Length));
                    }
                }

                slot.Done.Release();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Break(e.Message);
        }
    }

    private void Break(string reason)
    {
        bool first;
        lock (_send)
        {
            first = !_broken;
            _broken = true;
        }

        if (first)
        {
            _lost(reason);
        }

        // A slot may already have its answer; a spare release is drained when it is claimed for a request that cannot be sent any more.
        foreach (var slot in _slots)
        {
            if (Volatile.Read(ref slot.InUse) != 0 && slot.Done.CurrentCount == 0)
            {
                slot.Result = IoError;
                slot.Done.Release();
            }
        }
    }
}

/// <summary>NBD_CMD_*.</summary>
internal enum NbdCommand : ushort
{
    /// <summary>NBD_CMD_READ.</summary>
    Read = 0,

    /// <summary>NBD_CMD_WRITE.</summary>
    Write = 1,

    /// <summary>NBD_CMD_DISC.</summary>
    Disconnect = 2,

    /// <summary>NBD_CMD_FLUSH.</summary>
    Flush = 3,

    /// <summary>NBD_CMD_TRIM.</summary>
    Trim = 4,
}
