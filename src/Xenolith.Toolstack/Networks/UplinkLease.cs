using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Config.Nics;
using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Uplink;
using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Networks;

/// <summary>
/// A monitor's part in its switch's uplink: starts one if none runs, asks it for the vif's ports, and starts another when it ends, as all monitors
/// on that switch do, of whom one comes first. The ports are given back when the lease ends. Thread ownership: the monitor's thread.
/// </summary>
internal sealed class UplinkLease : IDisposable
{
    private const int MostRestarts = 5, PauseMilliseconds = 1_000, RestartsForgottenMilliseconds = 60_000;

    private readonly string _network;
    private readonly MonitorContext _context;
    private readonly Action<string> _log;
    private readonly byte[] _answer = new byte[UplinkRequest.Longest];
    private UplinkRequest _request;
    private Action<string?>? _done;
    private SafeFileHandle? _socket;
    private EventLoop.Source? _source;
    private int _restarts;
    private long _endedAt;
    private bool _disposed;

    /// <summary>Takes part.</summary>
    /// <param name="network">The switch.</param>
    /// <param name="nic">The interface, its address known.</param>
    /// <param name="context">The monitor.</param>
    /// <param name="log">Takes what happens later.</param>
    /// <param name="done">Called once, with null or with why the uplink does not do what was asked.</param>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public UplinkLease(string network, NicConfig nic, MonitorContext context, Action<string> log, Action<string?> done)
    {
        (_network, _context, _log, _done) = (network, context, log, done);
        EthernetAddress.TryParse(nic.Mac, out var mac);
        _request = new UplinkRequest(mac, AddressOf(nic), [.. nic.Forwards.Select(Translate)]);
        Begin();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        Close();
    }

    private static UplinkForward Translate(PortForward forward) =>
        new(forward.Udp, forward.Address is null ? IPAddress.Any : IPAddress.Parse(forward.Address), forward.HostPort, forward.GuestPort);

    /// <summary>The first IPv4 address of <c>ip=</c>, which the guest has before it sends anything.</summary>
    private static IPAddress? AddressOf(NicConfig nic) =>
        IPAddress.TryParse(nic.Ip?.Split(' ', '/')[0], out var address) && address.AddressFamily == AddressFamily.InterNetwork ? address : null;

    private void Begin()
    {
        var root = _context.State.Run.Root;
        if (UplinkDirectory.Claim(root, _network) is { } ends)
        {
            Spawn(ends);
        }

        _socket = UplinkDirectory.Connect(root, _network);
        if (_socket is null || !Ask(_socket))
        {
            Close();
            Ended();
            return;
        }

        _source = _context.Loop.Add(_socket, PollEvents.Readable, _ => Hear());
    }

    private bool Ask(SafeFileHandle socket)
    {
        try
        {
            return MessageSocket.Send(socket, _request.ToMessage(), wait: false);
        }
        catch (HostException e) when (e.Errno == Errno.EPIPE)
        {
            // It has just ended.
            return false;
        }
    }

    private void Spawn(IReadOnlyList<SafeFileHandle> ends)
    {
        try
        {
            // It belongs to no domain, and ends some time after the last port has left.
            ChildProcess.Spawn(new()
            {
                Program = _context.Program,
                Arguments = ["xenolith", UplinkProgram.Argument, _network],
                Descriptors = [.. ends],
                Output = _context.Log.Output,
                Forget = true,
            }).Dispose();
        }
        finally
        {
            foreach (var end in ends)
            {
                end.Dispose();
            }
        }
    }

    private void Hear()
    {
        var count = StreamSocket.Receive(_socket!, _answer);
        if (count == Descriptors.WouldBlock)
        {
            return;
        }

        if (count <= 0)
        {
            Close();
            Ended();
            return;
        }

        var answer = Encoding.UTF8.GetString(_answer.AsSpan(0, count));
        if (answer == UplinkRequest.Done)
        {
            Answer(null);
            return;
        }

        if (answer.StartsWith(UplinkRequest.Moved, StringComparison.Ordinal) && IPAddress.TryParse(answer[UplinkRequest.Moved.Length..], out var address))
        {
            _request = _request with { Address = address };
            return;
        }

        Close();
        Answer($"the uplink of the switch {_network} cannot forward {answer}. Choose another port in `forward', or end what has it.");
    }

    private void Ended()
    {
        var now = Environment.TickCount64;
        _restarts = now - _endedAt > RestartsForgottenMilliseconds ? 0 : _restarts;
        _endedAt = now;
        if (_restarts++ < MostRestarts)
        {
            if (_done is null)
            {
                _log($"the uplink of the switch {_network} has ended. It is started again; what the guest had open through it is lost.");
            }

            _context.Loop.After(PauseMilliseconds, Again);
            return;
        }

        Answer($"the uplink of the switch {_network} ends again and again. What it said stands in {_context.Log.Where}.");
    }

    private void Again()
    {
        if (_disposed)
        {
            return;
        }

        try
        {
            Begin();
        }
        catch (HostException e)
        {
            Answer($"the uplink of the switch {_network}: {e.Message}");
        }
    }

    private void Answer(string? error)
    {
        if (_done is { } done)
        {
            _done = null;
            done(error);
        }
        else if (error is not null)
        {
            _log(error);
        }
    }

    private void Close()
    {
        _source?.Remove();
        _source = null;
        _socket?.Dispose();
        _socket = null;
    }
}
