using System.Diagnostics;
using Xenolith.Devices.Net.Guest;
using Xenolith.Devices.Net.Ports;
using Xenolith.Devices.Rings;
using Xenolith.Host;

namespace Xenolith.Devices.Net;

/// <summary>
/// One connected queue of a vif: a thread that carries packets both ways and sleeps, without a timer, when neither side has anything.
/// <para>Threads: one of its own; <see cref="Notify"/> is for any thread, cheap, and never blocks.</para>
/// </summary>
internal sealed class NetQueue : IDisposable
{
    private const int Budget = 32;

    /// <summary>How often a frontend that does not tell is looked at while it lends no pages.</summary>
    private const int UntoldMilliseconds = 30;

    private readonly string _name;
    private readonly GuestTransmit _transmit;
    private readonly GuestReceive _receive;
    private readonly IPacketChannel _channel;
    private readonly bool _notifiesReceive;
    private readonly Action<string> _log;
    private readonly Action<string> _stopped;
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;
    private int _awake;
    private bool _brokenTold;
    private volatile bool _ending;

    public NetQueue(string name, GuestTransmit transmit, GuestReceive receive, IPacketChannel channel, bool notifiesReceive, Action<string> log, Action<string> stopped)
    {
        _name = name;
        _transmit = transmit;
        _receive = receive;
        _channel = channel;
        _notifiesReceive = notifiesReceive;
        _log = log;
        _stopped = stopped;
        _thread = new Thread(Main, 256 << 10) { IsBackground = true, Name = name };
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>The frontend's event.</summary>
    public void Notify()
    {
        if (Interlocked.Exchange(ref _awake, 1) == 0)
        {
            try
            {
                _wake.Signal();
            }
            catch (ObjectDisposedException)
            {
                // The connection has ended in between: nobody waits for the signal.
                return;
            }
        }
    }

    /// <summary>Ends the thread and gives the guest's pages back.</summary>
    public void Dispose()
    {
        _ending = true;
        _wake.Signal();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _transmit.Release();
        _receive.Release();

        // A vCPU may be about to signal; one that already does keeps the descriptor open until it has.
        Volatile.Write(ref _awake, 1);
        _wake.Dispose();
    }

    private void Main()
    {
        try
        {
            Serve();
        }
        catch (RingException e)
        {
            _stopped($"{_name}: stopped, because the guest broke its ring: {e.Message}");
        }
        catch (HostException e)
        {
            _stopped($"{_name}: stopped, because its way out failed: {e.Message}");
        }
        catch (Exception e)
        {
            // A defect of ours costs this device, not the domain; the stack goes to the log.
            Console.Error.WriteLine(e);
            _stopped($"{_name}: stopped by an internal error: {e.Message}");
        }
    }

    private void Serve()
    {
        Span<PollEntry> rows = stackalloc PollEntry[1 + IPacketChannel.MostWaits];
        while (!_ending)
        {
            Volatile.Write(ref _awake, 1);
            bool more;
            do
            {
                more = _transmit.Pump(Budget, Now());
                more |= _receive.Pump(Budget);
            }
            while (more && !_ending);

            var broken = _channel.Broken;
            if (broken is not null && !_brokenTold)
            {
                _log($"{_name}: {broken}");
            }

            _brokenTold = broken is not null;

            // From here on an event wakes the thread; what came before is found by arming.
            Volatile.Write(ref _awake, 0);
            Interlocked.MemoryBarrier();
            if (!_transmit.Arm() && !_receive.Arm() && !_ending)
            {
                Sleep(rows);
            }
        }
    }

    private void Sleep(Span<PollEntry> rows)
    {
        var milliseconds = Timeout.Infinite;
        if (_transmit.Waiting == TxWait.Credit)
        {
            milliseconds = Math.Max(1, (int)Math.Ceiling((_transmit.CreditAt - Now()).TotalMilliseconds));
        }

        if (!_receive.WaitsForFrames && !_notifiesReceive)
        {
            milliseconds = (int)Math.Min((uint)milliseconds, UntoldMilliseconds);
        }

        rows[0] = new PollEntry { Descriptor = Descriptors.Number(_wake.Handle), Wanted = PollEvents.Readable };
        var count = 1 + _channel.AddWaits(rows[1..], _receive.WaitsForFrames, _transmit.Waiting == TxWait.Port, ref milliseconds);
        Poller.Wait(rows[..count], milliseconds);
        if (rows[0].Happened != PollEvents.None)
        {
            _wake.Clear();
        }
    }

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);
}
