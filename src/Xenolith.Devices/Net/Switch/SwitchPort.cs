using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Rings;
using Xenolith.Host;
using Xenolith.Host.Files;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Switch;

/// <summary>
/// A port of a user-space switch: sends each frame, with its virtio header, as one message to the peer that has its address, or to all.
/// Large packets and blank checksums pass as they are. A peer that is behind is waited for as long as <see cref="SwitchLink"/> has patience, and
/// then only its own frames are lost. Owned by one thread.
/// </summary>
public sealed class SwitchPort : IPacketPort, IPacketChannel
{
    /// <summary>Connections at most.</summary>
    public const int MostLinks = 1024;

    private const ulong ListenerKey = ulong.MaxValue, FeedKey = ulong.MaxValue - 1;
    private const int SendBuffer = 2 << 20, FramesInARow = 16;

    private readonly SafeFileHandle _listener;
    private readonly EventPoll _poll = new();
    private readonly List<SwitchLink?> _links = [];
    private readonly AddressTable _addresses = new();
    private readonly EventPollEntry[] _ready = new EventPollEntry[32];
    private readonly byte[] _header = GC.AllocateArray<byte>(VnetHeader.Size, pinned: true);
    private readonly byte[] _message = new byte[256];
    private readonly MemoryRun[] _runs = new MemoryRun[PacketIo.MaxRuns];
    private SafeFileHandle? _feed;
    private SwitchLink? _waitsFor;
    private int _readyCount, _readyNext, _inARow;

    /// <summary>Takes what <see cref="SwitchDirectory.Join"/> made.</summary>
    /// <param name="listener">The listening socket.</param>
    /// <param name="feed">Brings the connections to those who were there before.</param>
    public SwitchPort(SafeFileHandle listener, SafeFileHandle feed)
    {
        _listener = listener;
        _feed = feed;
        _poll.Watch(listener, EventPollEvents.Readable, ListenerKey);
        _poll.Watch(feed, EventPollEvents.Readable, FeedKey);
    }

    /// <inheritdoc/>
    public int Channels => 1;

    /// <inheritdoc/>
    public bool TakesBlankChecksums => true;

    /// <inheritdoc/>
    public string? Broken => null;

    /// <summary>Number of the connection that the last received frame came over, below <see cref="MostLinks"/>.</summary>
    public int Sender { get; private set; }

    /// <summary>Peers connected now.</summary>
    public int Peers => _links.Count(l => l is not null);

    /// <inheritdoc/>
    public void Use(int channels, bool blankChecksums, bool largeV4, bool largeV6)
    {
        // What a receiver cannot take is completed where it is received: peers differ.
    }

    /// <inheritdoc/>
    public IPacketChannel Channel(int index) => this;

    /// <inheritdoc/>
    public SendOutcome TrySend(in VnetHeader header, EthernetAddress destination, ReadOnlySpan<MemoryRun> frame)
    {
        _waitsFor = null;
        header.Write(_header);
        var message = WithHeader(frame);
        var number = destination.IsGroup ? -1 : _addresses.Find(destination);
        if (number >= 0 && _links[number] is { } known)
        {
            return SendTo(known, message);
        }

        for (var i = 0; i < _links.Count; i++)
        {
            if (_links[i] is { } link && PacketIo.Send(link.Socket, message) is var errno and not (0 or Errno.EAGAIN))
            {
                Failed(link, errno);
            }
        }

        return SendOutcome.Sent;
    }

    /// <inheritdoc/>
    public int Receive(ReadOnlySpan<MemoryRun> into, out VnetHeader header)
    {
        while (_readyNext < _readyCount || Look())
        {
            var key = _ready[_readyNext].Key;
            if (key >= FeedKey)
            {
                _readyNext++;
                if (!Admit(key == ListenerKey))
                {
                    break;
                }

                continue;
            }

            if (_links[(int)key] is not { } link || !link.Greeted && !Greet(link))
            {
                Next();
                continue;
            }

            var count = PacketIo.Receive(link.Socket, WithHeader(into));
            if (count <= 0)
            {
                Next();
                if (count != -Errno.EAGAIN)
                {
                    Drop(link);
                }

                continue;
            }

            if (++_inARow == FramesInARow)
            {
                Next();
            }

            if (count >= VnetHeader.Size + FrameHeaders.Ethernet)
            {
                header = VnetHeader.Read(_header);
                Learn(into[0].Address, link);
                Sender = link.Number;
                return count - VnetHeader.Size;
            }
        }

        header = default;
        return Descriptors.WouldBlock;
    }

    /// <inheritdoc/>
    public int AddWaits(Span<PollEntry> rows, bool receive, bool send, ref int milliseconds)
    {
        var count = 0;
        if (receive)
        {
            rows[count++] = new PollEntry { Descriptor = _poll.Number, Wanted = PollEvents.Readable };
        }

        if (send && _waitsFor is { } link)
        {
            rows[count++] = new PollEntry { Descriptor = Descriptors.Number(link.Socket), Wanted = PollEvents.Writable };
            milliseconds = (int)Math.Min((uint)milliseconds, (uint)Math.Max(1, link.PatienceLeft));
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poll.Dispose();
        _listener.Dispose();
        _feed?.Dispose();
        _links.ForEach(l => l?.Socket.Dispose());
        _links.Clear();
    }

    private SendOutcome SendTo(SwitchLink link, ReadOnlySpan<MemoryRun> message)
    {
        var errno = PacketIo.Send(link.Socket, message);
        switch (errno)
        {
            case 0:
                link.Took();
                return SendOutcome.Sent;
            case Errno.EAGAIN:
                link.Refused();
                if (link.PatienceLeft == 0)
                {
                    return SendOutcome.Dropped;
                }

                _waitsFor = link;
                return SendOutcome.Full;
            default:
                Failed(link, errno);
                return SendOutcome.Dropped;
        }
    }

    private void Failed(SwitchLink link, int errno)
    {
        const int tooLarge = 90, noBuffers = 105, noMemory = 12;
        if (errno is not (tooLarge or noBuffers or noMemory))
        {
            Drop(link);
        }
    }

    private bool Look()
    {
        _readyNext = _inARow = 0;
        _readyCount = _poll.Wait(_ready, 0);
        return _readyCount > 0;
    }

    private void Next()
    {
        _readyNext++;
        _inARow = 0;
    }

    private void Learn(nint frame, SwitchLink link)
    {
        Span<byte> addresses = stackalloc byte[2 * EthernetAddress.Size];
        MappedBytes.Copy(frame, addresses);
        _addresses.Learn(EthernetAddress.Read(addresses[EthernetAddress.Size..]), link.Number);
    }

    /// <summary>Takes one connection: of a port that joined after us, or of one that was there before. False if there was none to take.</summary>
    private bool Admit(bool listener)
    {
        if (listener)
        {
            if (UnixSockets.Accept(_listener) is not { } socket)
            {
                return false;
            }

            Add(socket, greeted: false);
            return true;
        }

        var received = new List<SafeFileHandle>();
        if (_feed is { } feed && MessageSocket.Receive(feed, _message, received, wait: false) == 0)
        {
            _poll.Forget(feed);
            feed.Dispose();
            _feed = null;
        }

        received.ForEach(s => Add(s, greeted: true));
        return true;
    }

    private void Add(SafeFileHandle socket, bool greeted)
    {
        var place = _links.IndexOf(null);
        if (place < 0 && _links.Count == MostLinks)
        {
            socket.Dispose();
            return;
        }

        if (place < 0)
        {
            place = _links.Count;
            _links.Add(null);
        }

        UnixSockets.SetSendBuffer(socket, SendBuffer);
        _poll.Watch(socket, EventPollEvents.Readable, (ulong)place);
        _links[place] = new SwitchLink(socket, place, greeted);
    }

    /// <summary>Reads what a connecting port says first; false if it said nothing yet, or something else, which ends the connection.</summary>
    private bool Greet(SwitchLink link)
    {
        var count = StreamSocket.Receive(link.Socket, _message);
        if (count == Descriptors.WouldBlock)
        {
            return false;
        }

        link.Greeted = count > 0 && _message.AsSpan(0, count).StartsWith(SwitchDirectory.Greeting);
        if (!link.Greeted)
        {
            Drop(link);
        }

        return link.Greeted;
    }

    private void Drop(SwitchLink link)
    {
        if (_links[link.Number] == link)
        {
            _links[link.Number] = null;
            _addresses.Forget(link.Number);
            _poll.Forget(link.Socket);
            link.Socket.Dispose();
            _waitsFor = _waitsFor == link ? null : _waitsFor;
        }
    }

    private ReadOnlySpan<MemoryRun> WithHeader(ReadOnlySpan<MemoryRun> runs)
    {
        _runs[0] = new MemoryRun(Marshal.UnsafeAddrOfPinnedArrayElement(_header, 0), VnetHeader.Size);
        runs.CopyTo(_runs.AsSpan(1));
        return _runs.AsSpan(0, runs.Length + 1);
    }
}
