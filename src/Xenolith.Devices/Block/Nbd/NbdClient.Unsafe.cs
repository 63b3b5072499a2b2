using System.Buffers.Binary;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Nbd;

/// <summary>
/// The transmission phase of an NBD client over one stream: many requests in flight, simple replies in any order. The server is not trusted: it can answer
/// what it was asked, each once, and nothing else; otherwise the connection ends.
/// <para>Threads: any number of callers, each blocked until its reply is there; one receiver thread of the client, which alone writes into a request's
/// memory and alone ends a request that was sent. Locks: the send lock keeps messages whole; slots are handed over by their state and their semaphore. No lock is
/// held while waiting for a reply. When the stream breaks, every waiting and later request fails with EIO.</para>
/// </summary>
internal sealed unsafe class NbdClient : IDisposable
{
    private const uint RequestMagic = 0x25609513, ReplyMagic = 0x67446698;
    private const int MaxInFlight = 32;

    private readonly Stream _stream;
    private readonly Lock _send = new();
    private readonly byte[] _header = new byte[28];
    private readonly Slot[] _slots = new Slot[MaxInFlight];
    private readonly SemaphoreSlim _free = new(MaxInFlight);
    private readonly Action<string> _lost;
    private int _broken;

    /// <summary>What a slot's request has come to. Its caller makes it Claimed, Asked (under the send lock) and Free again; the receiver makes it Answered.</summary>
    private static class State
    {
        public const int Free = 0, Claimed = 1, Asked = 2, Answered = 3;
    }

    private sealed class Slot(int number)
    {
        public readonly SemaphoreSlim Done = new(0);
        public int State;

        /// <summary>Names the request to the server: the slot's number, and above it how often the slot was used, so that a late answer is not the next request's.</summary>
        public ulong Cookie = (ulong)number;
        public MemoryRun[] Runs = [];
        public int RunCount;
        public int Result;
    }

    /// <summary>Starts the receiver on a negotiated stream.</summary>
    /// <param name="stream">Owned from here on; disposing it has to end a read or write that another thread waits in.</param>
    /// <param name="lost">Called once, with the reason, when the stream breaks.</param>
    public NbdClient(Stream stream, Action<string> lost)
    {
        _stream = stream;
        _lost = lost;
        for (var i = 0; i < MaxInFlight; i++)
        {
            _slots[i] = new Slot(i);
        }

        new Thread(Receive) { IsBackground = true, Name = "nbd" }.Start();
    }

    private bool IsBroken => Volatile.Read(ref _broken) != 0;

    /// <summary>Reads, writes, flushes or trims; blocks until the server answered. Returns 0 or an errno.</summary>
    public int Execute(NbdCommand command, long offset, long length, ReadOnlySpan<MemoryRun> runs)
    {
        _free.Wait();
        var slot = Claim();
        try
        {
            slot.RunCount = command == NbdCommand.Read ? runs.Length : 0;
            if (slot.Runs.Length < slot.RunCount)
            {
                slot.Runs = new MemoryRun[Math.Max(slot.RunCount, 64)];
            }

            runs[..slot.RunCount].CopyTo(slot.Runs);
            if (!TryAsk(slot, command, offset, length, runs))
            {
                return Errno.EIO;
            }

            slot.Done.Wait();
            return slot.Result;
        }
        finally
        {
            Volatile.Write(ref slot.State, State.Free);
            _free.Release();
        }
    }

    /// <summary>Tells the server and closes the stream.</summary>
    public void Dispose()
    {
        lock (_send)
        {
            if (Interlocked.Exchange(ref _broken, 1) == 0)
            {
                Header(NbdCommand.Disconnect, 0, 0, 0);
                TryWrite(_header);
            }
        }

        _stream.Dispose();
    }

    private Slot Claim()
    {
        for (var i = 0; ; i = (i + 1) % MaxInFlight)
        {
            if (Interlocked.CompareExchange(ref _slots[i].State, State.Claimed, State.Free) == State.Free)
            {
                return _slots[i];
            }
        }
    }

    private void Header(NbdCommand command, ulong cookie, long offset, long length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_header, RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(4), 0);
        BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(6), (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(8), cookie);
        BinaryPrimitives.WriteInt64BigEndian(_header.AsSpan(16), offset);
        BinaryPrimitives.WriteUInt32BigEndian(_header.AsSpan(24), (uint)length);
    }

    /// <summary>Sends a request. False: the connection was lost before; true: the receiver ends it, with the server's answer or because the connection was lost.</summary>
    private bool TryAsk(Slot slot, NbdCommand command, long offset, long length, ReadOnlySpan<MemoryRun> runs)
    {
        lock (_send)
        {
            if (IsBroken)
            {
                return false;
            }

            slot.Cookie += MaxInFlight;
            Volatile.Write(ref slot.State, State.Asked);
            Header(command, slot.Cookie, offset, length);
            if (TryWrite(_header) && command == NbdCommand.Write)
            {
                foreach (var run in runs)
                {
                    // SAFETY: the caller keeps the runs mapped until Execute returns.
                    if (!TryWrite(new ReadOnlySpan<byte>((void*)run.Address, (int)run.Length)))
                    {
                        break;
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
        var reply = new byte[16];
        try
        {
            while (true)
            {
                _stream.ReadExactly(reply);
                Take(reply);
            }
        }
        catch (EndOfStreamException)
        {
            Break("the server closed it");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Break(e.Message);
        }

        // Whoever sends after this has seen that the connection broke.
        lock (_send)
        {
            foreach (var slot in _slots.Where(TryTake))
            {
                slot.Result = Errno.EIO;
                slot.Done.Release();
            }
        }
    }

    private void Take(ReadOnlySpan<byte> reply)
    {
        var (cookie, error) = (BinaryPrimitives.ReadUInt64BigEndian(reply[8..]), BinaryPrimitives.ReadUInt32BigEndian(reply[4..]));
        if (BinaryPrimitives.ReadUInt32BigEndian(reply) != ReplyMagic)
        {
            throw new NbdException("the server sent a malformed answer");
        }

        var slot = _slots[cookie % MaxInFlight];
        if (!TryTake(slot))
        {
            throw Unasked();
        }

        // From here on the slot is the receiver's until its caller is told.
        slot.Result = Errno.EIO;
        try
        {
            if (slot.Cookie != cookie)
            {
                throw Unasked();
            }

            for (var i = 0; error == 0 && i < slot.RunCount; i++)
            {
                // SAFETY: the request's owner waits in Execute and keeps the runs mapped.
                _stream.ReadExactly(new Span<byte>((void*)slot.Runs[i].Address, (int)slot.Runs[i].Length));
            }

            slot.Result = (int)error;
        }
        finally
        {
            slot.Done.Release();
        }

        static NbdException Unasked() => new("the server answered a request that was not asked, or one request twice");
    }

    private static bool TryTake(Slot slot) => Interlocked.CompareExchange(ref slot.State, State.Answered, State.Asked) == State.Asked;

    private void Break(string reason)
    {
        if (Interlocked.Exchange(ref _broken, 1) == 0)
        {
            _lost(reason);
        }

        // Ends the receiver, and a sender that waits for a server that does not read.
        _stream.Dispose();
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
