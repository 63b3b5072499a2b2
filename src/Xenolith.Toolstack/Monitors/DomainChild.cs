using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Domains;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// A domain process as its monitor sees it. Thread ownership: the monitor's thread, which also spawned it and must therefore outlive it.
/// </summary>
internal sealed class DomainChild : IDisposable
{
    private readonly EventLoop _loop;
    private readonly ProcessHandle _process;
    private readonly MessageChannel _channel;
    private readonly DomainOutbox _outbox;
    private readonly EventLoop.Source _messages;
    private readonly EventLoop.Source _death;
    private readonly Queue<Action<Message?>> _replies = new();
    private readonly Dictionary<long, Action<Message?>> _tickets = [];
    private long _lastTicket;

    private DomainChild(EventLoop loop, ProcessHandle process, MessageChannel channel)
    {
        _loop = loop;
        _process = process;
        _channel = channel;
        _outbox = new(loop, channel);
        _messages = loop.Add(channel.Socket, PollEvents.Readable, _ => Receive());
        _death = loop.Add(process.Descriptor, PollEvents.Readable, _ => Died());
    }

    /// <summary>Its process id.</summary>
    public int Pid => _process.Pid;

    /// <summary>How it ended; null while it lives.</summary>
    public ProcessEnd? End { get; private set; }

    /// <summary>Called for what it says unasked.</summary>
    public Action<Message>? Said { get; set; }

    /// <summary>Called when it has ended.</summary>
    public Action<ProcessEnd>? Ended { get; set; }

    /// <summary>Starts the process of a domain.</summary>
    /// <param name="loop">The monitor's loop.</param>
    /// <param name="program">The program.</param>
    /// <param name="name">The domain's name, shown by ps.</param>
    /// <param name="output">Where it may complain.</param>
    public static DomainChild Start(EventLoop loop, string program, string name, SafeHandle? output)
    {
        var (ours, theirs) = MessageChannel.Pair();
        using (theirs)
        {
            var process = ChildProcess.Spawn(new()
            {
                Program = program,
                Arguments = ["xenolith", DomainProcess.Argument, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), name],
                Output = output,
                Descriptors = [theirs],
                Environment = DomainProcess.RuntimeSettings,
            });
            return new(loop, process, ours);
        }
    }

    /// <summary>Why it cannot be asked, in words that follow its name: it has ended, or somebody has stopped it. Null if it can.</summary>
    public string? Silence => End is not null || _process.HasEnded ? "has ended"
        : ThreadTimes.IsStopped(Pid)
            ? string.Create(CultureInfo.InvariantCulture, $"is stopped (SIGSTOP, or a debugger) and takes no orders. Let it go on with: kill -CONT {Pid}; or end it with: xl destroy")
            : null;

    /// <summary>
    /// Asks for something; the reply is given to <paramref name="reply"/>, or null if the process ends first, or at once if it is stopped: whoever waits for
    /// the answer is told so and does not hang.
    /// </summary>
    public void Ask(Message message, IReadOnlyList<SafeHandle>? descriptors, Action<Message?> reply)
    {
        if (Silence is not null || !_outbox.TrySend(message, descriptors))
        {
            reply(null);
            return;
        }

        _replies.Enqueue(reply);
    }

    /// <summary>
    /// Orders something of a device; the answers come in any order, each to its <paramref name="reply"/>, or null if the process ends first. A process that
    /// is stopped gets the order when it goes on.
    /// </summary>
    public void Order(Message message, IReadOnlyList<SafeHandle>? descriptors, Action<Message?> reply)
    {
        var ticket = ++_lastTicket;
        if (End is not null || !_outbox.TrySend(message.With("ticket", ticket), descriptors))
        {
            reply(null);
            return;
        }

        _tickets.Add(ticket, reply);
    }

    /// <summary>Tells something that has no reply.</summary>
    public void Tell(Message message, IReadOnlyList<SafeHandle> descriptors) => _outbox.TrySend(message, descriptors);

    /// <summary>Ends the process, if it has not ended, and takes in what it said last.</summary>
    public void Kill()
    {
        Ended = null;
        _process.Signal(ProcessHandle.Kill);
        while (End is null)
        {
            _process.WaitForEnd(Timeout.Infinite);
            Died();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _messages.Remove();
        _outbox.Dispose();
        _channel.Dispose();
        _process.Dispose();
    }

    private void Receive()
    {
        try
        {
            Take(_channel.Receive());
        }
        catch (InvalidDataException)
        {
            // A domain process that talks nonsense was taken over by its guest: it ends here.
            _process.Signal(ProcessHandle.Kill);
            Take(null);
        }
    }

    private void Take(Message? message)
    {
        switch (message)
        {
            case null:
                _messages.Wanted = PollEvents.None; // its end comes through the pidfd
                break;
            case { Verb: Verbs.DeviceAnswer }:
                if (_tickets.Remove(message.Number("ticket"), out var waiting))
                {
                    waiting(message);
                }

                break;
            case { Verb: Verbs.ShutDown or Verbs.Log or Verbs.Changed or Verbs.DeviceFailed or Verbs.DeviceSaid }:
                Said?.Invoke(message);
                break;
            case var reply when _replies.TryDequeue(out var take):
                take(reply);
                break;
        }
    }

    private void Died()
    {
        if (End is not null || _process.Reap() is not { } end)
        {
            return;
        }

        _death.Remove();
        // Its last words arrived before its end; they count.
        while (_messages.Wanted != PollEvents.None && _channel.Wait(0))
        {
            Receive();
        }

        End = end;
        _outbox.Dispose();
        while (_replies.TryDequeue(out var reply))
        {
            reply(null);
        }

        var tickets = _tickets.Values.ToList();
        _tickets.Clear();
        tickets.ForEach(reply => reply(null));
        Ended?.Invoke(end);
    }
}
