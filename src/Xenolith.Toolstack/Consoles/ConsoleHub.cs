using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Consoles;

/// <summary>
/// A domain's console as its monitor holds it: what the guest writes goes into a bounded history, to the log, and to every reader (viewers on
/// the console socket, and the pty while a program has it open); what readers type goes to the guest.
/// <para>No reader that keeps reading loses a byte: the guest waits (its ring stays full) while one is behind by the whole history. A reader
/// that takes nothing for <see cref="PatienceMilliseconds"/> is stuck; it is waited for no longer, loses what it missed and is told how much.</para>
/// <para>Bytes that nobody has seen go to the first reader; a later one begins with new text, or asks for the whole history (replay).</para>
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed class ConsoleHub : IDisposable
{
    /// <summary>Bytes of output kept; the store's <c>console/limit</c>.</summary>
    public const int HistoryBytes = 1 << 20;

    /// <summary>How long a reader may take nothing before the guest no longer waits for it.</summary>
    public const int PatienceMilliseconds = 5000;

    private const int PieceBytes = 16 * 1024;
    private const int MaxReaders = 64;

    private readonly EventLoop _loop;
    private readonly ConsoleHistory _history = new(HistoryBytes);
    private readonly List<ConsoleReader> _readers = [];
    private readonly RotatingLog? _log;
    private readonly SafeFileHandle _listener;
    private readonly EventLoop.Source _listening;
    private readonly PseudoTerminal? _terminal;
    private readonly EventLoop.Source? _terminalChanges;
    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly Queue<byte[]> _input = new();
    private SafeFileHandle? _guest;
    private EventLoop.Source? _guestSource;
    private ConsoleReader? _terminalReader;
    private long _seen;
    private EventLoop.Timer? _stall;

    /// <summary>Makes the console of a domain that is about to be built.</summary>
    /// <param name="loop">The monitor's loop.</param>
    /// <param name="directory">The domain's directory; the socket is <c>console</c> in it.</param>
    /// <param name="log">Where to log the output, if anywhere.</param>
    public ConsoleHub(EventLoop loop, DirectoryHandle directory, RotatingLog? log)
    {
        _loop = loop;
        _log = log;
        _listener = UnixSockets.Listen(directory, ConsoleProtocol.SocketName, UnixSocketKind.Stream);
        _listening = loop.Add(_listener, PollEvents.Readable, _ => Accept());
        try
        {
            _terminal = PseudoTerminal.Create();
            _terminalChanges = loop.Add(_terminal.Changes, PollEvents.Readable, _ => TerminalChanged());
        }
        catch (HostException)
        {
            // A host without /dev/pts (a bare container) has consoles on sockets all the same; console/tty then is empty.
            _terminal = null;
        }
    }

    /// <summary>The pty's path, empty if this host has none.</summary>
    public string TerminalPath => _terminal?.SlavePath ?? string.Empty;

    /// <summary>The guest's side has ended and every byte of it was taken in.</summary>
    public bool GuestEnded { get; private set; }

    /// <summary>A reader on the socket has been attached at least once.</summary>
    public bool HasViewer => _readers.Exists(r => r != _terminalReader && r.IsAttached);

    /// <summary>The position after the last byte taken in.</summary>
    public ConsoleHistory History => _history;

    /// <summary>Connects the guest's side: a stream socket to the domain process.</summary>
    public void ConnectGuest(SafeFileHandle socket)
    {
        Descriptors.SetNonBlocking(socket);
        _guest = socket;
        _guestSource = _loop.Add(socket, PollEvents.Readable, GuestReady);
    }

    /// <summary>
    /// The domain is gone: takes in what its process left in the socket, lets every reader that reads have the rest within
    /// <paramref name="milliseconds"/>, then ends them all.
    /// </summary>
    public void Drain(int milliseconds)
    {
        _listening.Remove();
        _loop.RunUntil(() => GuestEnded || _guest is null, milliseconds);
        _loop.RunUntil(() => _readers.TrueForAll(r => r.Position >= _history.End || r.IsStuck), milliseconds);
        if (_terminalReader is not null && _terminal is not null)
        {
            var deadline = Environment.TickCount64 + milliseconds;
            while (_terminal.Unread() > 0 && _terminal.HasReader() && Environment.TickCount64 < deadline)
            {
                Thread.Sleep(5); // the pty has no word for "read by the other side"
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listening.Remove();
        _listener.Dispose();
        _stall?.Cancelled = true;
        foreach (var reader in _readers.ToList())
        {
            Remove(reader);
        }

        _terminalChanges?.Remove();
        _terminal?.Dispose();
        _guestSource?.Remove();
        _guest?.Dispose();
        _log?.Dispose();
    }

    /// <summary>Queues typed bytes for the guest; the caller has asked <see cref="WantsInput"/>.</summary>
    internal void Type(ReadOnlySpan<byte> bytes)
    {
        _input.Enqueue(bytes.ToArray());
        WriteInput();
    }

    /// <summary>May readers be read? Not while the guest has not taken what was typed before.</summary>
    internal bool WantsInput => _input.Count < 4;

    /// <summary>Takes a reader out.</summary>
    internal void Remove(ConsoleReader reader)
    {
        _readers.Remove(reader);
        if (reader == _terminalReader)
        {
            _terminalReader = null;
        }

        reader.Dispose();
        ResumeGuest();
    }

    /// <summary>A reader has got everything up to a position.</summary>
    internal void Saw(long position)
    {
        _seen = Math.Max(_seen, position);
        ResumeGuest();
    }

    /// <summary>Where a new reader begins.</summary>
    internal long FirstPosition(bool replay) => replay ? _history.Start : Math.Max(_seen, _history.Start);

    private void Accept()
    {
        while (UnixSockets.Accept(_listener) is { } socket)
        {
            if (_readers.Count >= MaxReaders)
            {
                socket.Dispose();
                continue;
            }

            Descriptors.SetNonBlocking(socket);
            _readers.Add(new ConsoleReader(this, _loop, socket, isTerminal: false));
        }
    }

    private void TerminalChanged()
    {
        var open = _terminal!.HasReader();
        if (open && _terminalReader is null)
        {
            _terminalReader = new ConsoleReader(this, _loop, _terminal.Master, isTerminal: true);
            _readers.Add(_terminalReader);
            _terminalReader.Attach(replay: false);
        }
        else if (!open && _terminalReader is not null)
        {
            Remove(_terminalReader);
        }
    }

    private void GuestReady(PollEvents happened)
    {
        if ((happened & PollEvents.Writable) != 0)
        {
            WriteInput();
        }

        if ((happened & ~PollEvents.Writable) == 0 || GuestEnded)
        {
            return;
        }

        var room = Room();
        if (room == 0)
        {
            WaitForReaders();
            return;
        }

        var count = Descriptors.Read(_guest!, _piece.AsSpan(0, Math.Min(room, PieceBytes)));
        if (count == 0)
        {
            GuestEnded = true;
            _guestSource!.Wanted = PollEvents.None;
            return;
        }

        if (count > 0)
        {
            _log?.Write(_piece.AsSpan(0, count));
            _history.Append(_piece.AsSpan(0, count));
            foreach (var reader in _readers.ToList())
            {
                reader.Push();
            }
        }
    }

    private int Room()
    {
        var room = HistoryBytes;
        foreach (var reader in _readers)
        {
            if (reader.IsAttached && !reader.IsStuck)
            {
                room = Math.Min(room, _history.RoomBefore(reader.Position));
            }
        }

        return room;
    }

    private void WaitForReaders()
    {
        _guestSource!.Wanted &= ~PollEvents.Readable;
        _stall ??= _loop.After(PatienceMilliseconds / 4, () =>
        {
            _stall = null;
            foreach (var reader in _readers)
            {
                reader.NoticeStall();
            }

            ResumeGuest();
        });
    }

    private void ResumeGuest()
    {
        if (_guestSource is null || GuestEnded || (_guestSource.Wanted & PollEvents.Readable) != 0)
        {
            return;
        }

        if (Room() > 0)
        {
            _guestSource.Wanted |= PollEvents.Readable;
        }
        else
        {
            WaitForReaders();
        }
    }

    private void WriteInput()
    {
        if (_guest is null)
        {
            return;
        }

        try
        {
            while (_input.TryPeek(out var bytes))
            {
                var count = Descriptors.Write(_guest, bytes);
                if (count == Descriptors.WouldBlock)
                {
                    _guestSource!.Wanted |= PollEvents.Writable;
                    return;
                }

                _input.Dequeue();
                if (count < bytes.Length)
                {
                    var rest = _input.ToArray();
                    _input.Clear();
                    _input.Enqueue(bytes[count..]);
                    Array.ForEach(rest, _input.Enqueue);
                }
            }
        }
        catch (HostException e) when (e.Errno == Errno.EPIPE)
        {
            _input.Clear(); // the domain is gone; its end is told elsewhere
        }

        _guestSource!.Wanted &= ~PollEvents.Writable;
        _readers.ForEach(r => r.UpdateWanted());
    }
}
