using System.Net;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Devices.Net.Frames;
using Xenolith.Host;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>
/// The monitors that an uplink serves: each has a connection, and the ports it asked for lead to its guest until it closes it. Guests lease their
/// addresses, or give themselves one: where a port leads to follows what the guest sends from. Owned by one thread.
/// </summary>
internal sealed class UplinkClients : IDisposable
{
    private const int Most = 1024, PauseMilliseconds = 1_000;
    private const ulong ListenerKey = 0;

    private readonly SafeFileHandle _listener;
    private readonly SlirpStack _stack;
    private readonly SlirpNetwork _network;
    private readonly EventPoll _poll = new();
    private readonly EventPollEntry[] _ready = new EventPollEntry[16];
    private readonly byte[] _message = new byte[UplinkRequest.Longest];
    private readonly Dictionary<ulong, Client> _clients = [];
    private readonly Dictionary<EthernetAddress, Client> _byGuest = [];
    private ulong _nextKey = ListenerKey + 1;

    /// <summary>Serves who connects to a listening socket, which belongs to it from now on.</summary>
    public UplinkClients(SafeFileHandle listener, SlirpStack stack, SlirpNetwork network)
    {
        (_listener, _stack, _network) = (listener, stack, network);
        _poll.Watch(listener, EventPollEvents.Readable, ListenerKey);
    }

    /// <summary>Connections now.</summary>
    public int Count => _clients.Count;

    /// <summary>What is readable while <see cref="Serve"/> has something to do.</summary>
    public int Number => _poll.Number;

    /// <summary>Does what connected monitors ask for.</summary>
    public void Serve()
    {
        var count = _poll.Wait(_ready, 0);
        for (var i = 0; i < count; i++)
        {
            if (_ready[i].Key == ListenerKey)
            {
                Admit();
            }
            else if (_clients.TryGetValue(_ready[i].Key, out var client))
            {
                Hear(_ready[i].Key, client);
            }
        }
    }

    /// <summary>Looks at a guest's frame: where its ports lead to is where it sends from.</summary>
    public void Seen(ReadOnlySpan<byte> frame)
    {
        const int arpSender = FrameHeaders.Ethernet + 14, ipSource = FrameHeaders.Ethernet + 12;
        if (_byGuest.Count == 0 || frame.Length < arpSender + 4 || frame[12] != 8 || !_byGuest.TryGetValue(EthernetAddress.Read(frame[EthernetAddress.Size..]), out var client))
        {
            return;
        }

        var at = frame[13] switch { 0 => ipSource, 6 => arpSender, _ => 0 };
        if (at != 0)
        {
            Follow(client, BitConverter.ToUInt32(frame[at..]));
        }
    }

    /// <summary>Looks at a frame for a guest: an address that it is leased is where its ports lead to, before it has sent anything from there.</summary>
    public void Leasing(ReadOnlySpan<byte> frame)
    {
        const int source = FrameHeaders.Ethernet + 20, reply = source + 8, leased = reply + 16, owner = reply + 28;
        if (_byGuest.Count != 0 && frame.Length >= owner + EthernetAddress.Size && frame[12] == 8 && frame[13] == 0 && frame[14] == 0x45 && frame[23] == 17
            && frame[source] == 0 && frame[source + 1] == 67 && _byGuest.TryGetValue(EthernetAddress.Read(frame[owner..]), out var client))
        {
            Follow(client, BitConverter.ToUInt32(frame[leased..]));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poll.Dispose();
        _listener.Dispose();
        foreach (var client in _clients.Values)
        {
            client.Socket.Dispose();
        }
    }

    private void Admit()
    {
        if (UnixSockets.Accept(_listener) is not { } socket)
        {
            return;
        }

        if (_clients.Count == Most)
        {
            socket.Dispose();
            return;
        }

        _clients[_nextKey] = new Client(socket);
        _poll.Watch(socket, EventPollEvents.Readable, _nextKey++);
    }

    private void Hear(ulong key, Client client)
    {
        var count = StreamSocket.Receive(client.Socket, _message);
        if (count == Descriptors.WouldBlock)
        {
            return;
        }

        if (count <= 0 || client.Heard || !UplinkRequest.TryParse(_message.AsSpan(0, count), out var request))
        {
            Drop(key, client);
            return;
        }

        client.Heard = true;
        client.Guest = request.Guest;
        var answer = Begin(client, request);
        if (!Tell(client, answer ?? UplinkRequest.Done) || answer is not null)
        {
            Drop(key, client);
        }
    }

    /// <summary>False if it does not read, or is gone: then its connection says so, too.</summary>
    private static bool Tell(Client client, string words)
    {
        try
        {
            return MessageSocket.Send(client.Socket, Encoding.UTF8.GetBytes(words), wait: false);
        }
        catch (HostException e) when (e.Errno == Errno.EPIPE)
        {
            return false;
        }
    }

    /// <summary>Takes a client's ports; why one cannot be had, or null.</summary>
    private string? Begin(Client client, UplinkRequest request)
    {
        if (request.Forwards.Count == 0)
        {
            return null;
        }

        var address = request.Address is { } known && _network.IsGuest(known) ? known : _network.Nobody;
        foreach (var forward in request.Forwards)
        {
            if (_stack.Forward(forward.Udp, forward.Host, forward.HostPort, address, forward.GuestPort) is not 0 and var errno)
            {
                return $"{(forward.Udp ? "UDP" : "TCP")} port {forward.HostPort} of this host's {forward.Host}: {new HostException("listen", errno).Reason}";
            }

            client.Forwards.Add(forward);
        }

        _byGuest[client.Guest] = client;
        return null;
    }

    private void Follow(Client client, uint seen)
    {
        // Once in a while: a guest that sends from many addresses must not keep the uplink busy.
        var now = Environment.TickCount64;
        if (seen == client.Seen || now - client.SeenAt < PauseMilliseconds)
        {
            return;
        }

        (client.Seen, client.SeenAt) = (seen, now);
        var address = new IPAddress(seen);
        if (!_network.IsGuest(address))
        {
            return;
        }

        Tell(client, $"{UplinkRequest.Moved}{address}");
        foreach (var forward in client.Forwards)
        {
            _stack.Unforward(forward.Udp, forward.Host, forward.HostPort);
            if (_stack.Forward(forward.Udp, forward.Host, forward.HostPort, address, forward.GuestPort) != 0)
            {
                // Another program took the port in between. The next address, or the next connection of the monitor, tries again.
                Console.Error.WriteLine($"uplink: {forward} was lost to another program");
            }
        }
    }

    private void Drop(ulong key, Client client)
    {
        _clients.Remove(key);
        if (_byGuest.TryGetValue(client.Guest, out var owner) && owner == client)
        {
            _byGuest.Remove(client.Guest);
        }

        foreach (var forward in client.Forwards)
        {
            _stack.Unforward(forward.Udp, forward.Host, forward.HostPort);
        }

        _poll.Forget(client.Socket);
        client.Socket.Dispose();
    }

    private sealed class Client(SafeFileHandle socket)
    {
        public SafeFileHandle Socket => socket;

        public bool Heard { get; set; }

        public EthernetAddress Guest { get; set; }

        /// <summary>The address that it was last leased or sent from, as it lies in a frame.</summary>
        public uint Seen { get; set; }

        public long SeenAt { get; set; } = -PauseMilliseconds;

        public List<UplinkForward> Forwards { get; } = [];
    }
}
