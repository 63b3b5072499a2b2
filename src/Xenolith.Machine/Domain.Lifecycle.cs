using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>Pausing, shutting down, crashing and dying.</summary>
public sealed partial class Domain
{
    private readonly Lock _lifecycle = new();
    private int _pauseCount = 1;
    private int _shutdownCode = -1;
    private int _presetReason = -1;
    private volatile bool _dying, _started;

    /// <summary>
    /// Called once when the domain shuts down, with the reason; on the thread that caused it (often a vCPU's), so it must only pass the news on.
    /// A resumed domain (<see cref="Resume"/>) may call it again.
    /// </summary>
    public Action<Domain, ShutdownReason>? ShutDown { get; set; }

    /// <summary>How often <see cref="Pause"/> was called more than <see cref="Unpause"/>; 0 means that it may run.</summary>
    public int PauseCount => Volatile.Read(ref _pauseCount);

    /// <summary>The reason, once the domain has shut down; null while it lives.</summary>
    public ShutdownReason? Shutdown => Volatile.Read(ref _shutdownCode) is var code and >= 0 ? (ShutdownReason)code : null;

    /// <summary>Why it crashed, in words, if it did.</summary>
    public string? CrashCause { get; private set; }

    /// <summary>True from <see cref="Destroy"/> on.</summary>
    public bool Dying => _dying;

    /// <summary>True if vCPU threads may execute guest code now.</summary>
    internal bool MayRun => PauseCount == 0 && Volatile.Read(ref _shutdownCode) < 0 && !_dying;

    /// <summary>What <c>xl list</c> shows: running if a vCPU is, blocked if all online ones are.</summary>
    public bool Blocked => Array.TrueForAll(_vcpus, v => v.IsDown || v.IsBlocked);

    /// <summary>Stops all vCPUs; returns when none of them runs guest code or a hypercall (the caller's own vCPU excepted). Nests.</summary>
    public void Pause()
    {
        Interlocked.Increment(ref _pauseCount);
        Quiesce();
    }

    /// <summary>Undoes one <see cref="Pause"/>. The first one to reach 0 starts the vCPU threads.</summary>
    /// <returns>False if the domain was not paused.</returns>
    public bool Unpause()
    {
        lock (_lifecycle)
        {
            if (_pauseCount == 0)
            {
                return false;
            }

            if (Interlocked.Decrement(ref _pauseCount) == 0 && !_started && !_dying)
            {
                _started = true;
                UpdateWallclock();
                foreach (var vcpu in _vcpus)
                {
                    vcpu.Start();
                }
            }
        }

        foreach (var vcpu in _vcpus)
        {
            vcpu.Attend();
        }

        return true;
    }

    /// <summary>Shuts the domain down: its vCPUs stop, its memory stays until <see cref="Destroy"/>. Only the first reason counts.</summary>
    /// <returns>False if it had shut down before.</returns>
    public bool BeginShutdown(ShutdownReason reason)
    {
        reason = Volatile.Read(ref _presetReason) is var preset and >= 0 ? (ShutdownReason)preset : reason;
        if (Interlocked.CompareExchange(ref _shutdownCode, (int)reason, -1) != -1)
        {
            return false;
        }

        foreach (var vcpu in _vcpus)
        {
            vcpu.Attend();
        }

        ShutDown?.Invoke(this, reason);
        return true;
    }

    /// <summary>SCHEDOP_shutdown_code: the reason that a later shutdown will give, whatever it says itself. The first one counts.</summary>
    internal void PresetShutdownReason(ShutdownReason reason) => Interlocked.CompareExchange(ref _presetReason, (int)reason, -1);

    /// <summary>Crashes the domain for something it (or an engine) did; the words go to the log. The calling vCPU stops at its next turn of the loop.</summary>
    public void Crash(string cause)
    {
        if (Shutdown is null)
        {
            CrashCause ??= cause;
            Log.Write($"domain {Id} crashed: {cause}");
            BeginShutdown(ShutdownReason.Crash);
        }
    }

    /// <summary>Lets a suspended domain go on where it stopped (a cancelled suspend, XEN_DOMCTL_resumedomain).</summary>
    public void Resume()
    {
        Interlocked.Exchange(ref _presetReason, -1);
        Interlocked.Exchange(ref _shutdownCode, -1);
        foreach (var vcpu in _vcpus)
        {
            vcpu.Attend();
        }
    }

    /// <summary>Ends the vCPU threads for good and waits for them. Not from a vCPU's thread.</summary>
    public void Destroy()
    {
        lock (_lifecycle)
        {
            _dying = true;
        }

        foreach (var vcpu in _vcpus)
        {
            vcpu.Attend();
        }

        foreach (var vcpu in _vcpus)
        {
            vcpu.Join();
        }

        Timers.Dispose();
    }

    /// <summary>Destroys the domain and frees engine and vCPUs; the memory windows are their maker's.</summary>
    public void Dispose()
    {
        Destroy();
        foreach (var vcpu in _vcpus)
        {
            vcpu.Dispose();
        }

        Engine.Dispose();
    }

    private void Quiesce()
    {
        foreach (var vcpu in _vcpus)
        {
            vcpu.Attend();
        }

        foreach (var vcpu in _vcpus)
        {
            vcpu.WaitUntilParked();
        }
    }
}
