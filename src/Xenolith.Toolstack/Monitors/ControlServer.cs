using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// The control socket of a domain: every xl that wants something of it connects, sends one message, and gets its answers.
/// Only the same user (or root) may. Thread ownership: the monitor's thread.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    /// <summary>The socket's name in a domain's directory.</summary>
    public const string SocketName = "control";

    private const int MaxConnections = 128;

    private readonly EventLoop _loop;
    private readonly SafeFileHandle _listener;
    private readonly EventLoop.Source _listening;
    private readonly Action<Message, Action<Message>> _serve;
    private readonly List<Connection> _connections = [];

    /// <summary>Begins to listen.</summary>
    /// <param name="loop">The monitor's loop.</param>
    /// <param name="directory">The domain's directory.</param>
    /// <param name="serve">Gets a request and what answers it, at once or later, once or more often.</param>
    public ControlServer(EventLoop loop, DirectoryHandle directory, Action<Message, Action<Message>> serve)
    {
        _loop = loop;
        _serve = serve;
        _listener = UnixSockets.Listen(directory, SocketName, UnixSocketKind.Messages);
        _listening = loop.Add(_listener, PollEvents.Readable, _ => Accept());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listening.Remove();
        _listener.Dispose();
        _connections.ToList().ForEach(c => c.Close());
    }

    private void Accept()
    {
        while (UnixSockets.Accept(_listener) is { } socket)
        {
            var peer = UnixSockets.Peer(socket).Uid;
            if ((peer != 0 && peer != RunDirectory.UserId()) || _connections.Count >= MaxConnections)
            {
                socket.Dispose();
                continue;
            }

            _connections.Add(new Connection(this, socket));
        }
    }

    /// <summary>One xl.</summary>
    private sealed class Connection
    {
        private readonly ControlServer _server;
        private readonly MessageChannel _channel;
        private readonly EventLoop.Source _source;

        public Connection(ControlServer server, SafeFileHandle socket)
        {
            _server = server;
            _channel = new(socket);
            _source = server._loop.Add(socket, PollEvents.Readable, _ => Receive());
        }

        public void Close()
        {
            if (!_source.Removed)
            {
                _source.Remove();
                _channel.Dispose();
                _server._connections.Remove(this);
            }
        }

        private void Receive()
        {
            Message? request;
            try
            {
                request = _channel.Receive();
            }
            catch (InvalidDataException e)
            {
                _channel.TrySend(new Message(Verbs.Failed).With("text", e.Message), wait: false);
                request = null;
            }

            if (request is null)
            {
                Close();
                return;
            }

            try
            {
                _server._serve(request, Answer);
            }
            catch (Exception e)
            {
                // A fault in serving an order costs the order, not the domain; the stack goes to the log.
                Console.Error.WriteLine(e);
                Answer(new Message(Verbs.Failed).With("text", $"the order \"{request.Verb}\" failed: {e.Message}"));
            }
        }

        private void Answer(Message message)
        {
            // An xl that does not read its answers is not waited for.
            if (!_source.Removed && !_channel.TrySend(message, wait: false))
            {
                Close();
            }
        }
    }
}
