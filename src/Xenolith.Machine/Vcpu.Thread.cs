using Xenolith.Host;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine;

/// <summary>The thread: starting, parking, waking, ending.</summary>
public sealed partial class Vcpu
{
    private readonly WakeWord _wake = new();
    private readonly object _parkMonitor = new();
    private Thread? _thread;
    private int _attention;
    private bool _parked = true;
    private volatile bool _down, _blocked;

    /// <summary>True until VCPUOP_up, and after VCPUOP_down.</summary>
    public bool IsDown
    {
        get => _down;
        internal set => _down = value;
    }

    /// <summary>True while it waits for an event (SCHEDOP_block or _poll).</summary>
    public bool IsBlocked => _blocked;

    private bool MayRun => Domain.MayRun && !_down;

    /// <summary>The host's id of the thread, for CPU time in /proc; 0 before the domain first runs.</summary>
    public int HostThread { get; private set; }

    /// <summary>Starts the thread and waits until its id is known; the domain does that once.</summary>
    internal void Start()
    {
        // Its first look is at whether it may run at all: most vCPUs begin down.
        Volatile.Write(ref _attention, 1);
        using var known = new ManualResetEventSlim();
        void Body()
        {
            HostThread = CurrentProcess.ThreadId();
            known.Set();
            Main();
        }

        _thread = new Thread(Body, 1 << 20) { Name = $"vcpu{Id}", IsBackground = true };
        _thread.Start();
        known.Wait();
    }

    /// <summary>Waits for the thread's end.</summary>
    internal void Join()
    {
        if (_thread != Thread.CurrentThread)
        {
            _thread?.Join();
        }
    }

    /// <summary>Something outside changed (pause, shutdown, an event, an NMI, a time update): leave guest code or sleep and look. Any thread; never blocks.</summary>
    internal void Attend()
    {
        Volatile.Write(ref _attention, 1);
        Engine.Kick();
        _wake.Wake();
    }

    /// <summary>Waits until the thread is neither in guest code nor in a handler; returns at once on the vCPU's own thread.</summary>
    internal void WaitUntilParked()
    {
        if (_thread is null || _thread == Thread.CurrentThread)
        {
            return;
        }

        lock (_parkMonitor)
        {
            while (!_parked && !MayRun)
            {
                Monitor.Wait(_parkMonitor);
            }
        }
    }
}
