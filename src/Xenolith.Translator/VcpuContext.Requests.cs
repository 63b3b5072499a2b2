using Xenolith.Translator.Cache;

namespace Xenolith.Translator;

/// <summary>
/// Kicks, and requests of other threads (design 4.2 rule 7). <c>_inCode</c> is true from before emitted code is entered until its exit is understood: while it is
/// false the vCPU counts as having obeyed, because it empties its queue before it sets the flag for good.
/// </summary>
internal sealed partial class VcpuContext
{
    private int _obeyed;

    /// <summary>Makes the current or next run stop. Any thread; never blocks.</summary>
    public void Kick()
    {
        _kicked = true;
        Volatile.Write(ref Slot(State.Poll), (ulong)BadPollAddress);
    }

    /// <summary>True once for each kick (several may count as one).</summary>
    public bool TakeKick()
    {
        if (!_kicked)
        {
            return false;
        }

        // The pointer first: a kick that comes between is seen here or makes the next loop fault.
        Volatile.Write(ref Slot(State.Poll), (ulong)_poll);
        return Interlocked.Exchange(ref _kicked, false);
    }

    /// <summary>Queues a request. Any thread. The caller then calls <see cref="WaitFor"/> if it must be sure.</summary>
    public void Post(ShootdownKind kind, ulong value)
    {
        lock (_requestGate)
        {
            if (_requestCount == MostRequests)
            {
                _requestCount = 0;
                kind = ShootdownKind.FlushAll;
            }

            _requests[_requestCount++] = new ShootdownRequest(kind, value);
            _hasRequests = true;
        }

        Thread.MemoryBarrier();
        if (_inCode)
        {
            Volatile.Write(ref Slot(State.Poll), (ulong)BadPollAddress);
        }
    }

    /// <summary>
    /// Waits until this vCPU has obeyed all requests or is outside emitted code, where it obeys before it enters again. Never called by the vCPU
    /// itself, nor by anyone whom this vCPU could wait for inside emitted code (it waits for nobody there).
    /// </summary>
    public void WaitFor()
    {
        var spinner = default(SpinWait);
        while (_hasRequests && _inCode)
        {
            Volatile.Write(ref Slot(State.Poll), (ulong)BadPollAddress);
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Goes into the state in which addresses of the cache may be used without the translation lock; obeys requests first.</summary>
    /// <returns>True if requests were obeyed: addresses found earlier are void.</returns>
    internal bool EnterCache()
    {
        if (_inCode && !_hasRequests)
        {
            return false;
        }

        var obeyed = false;
        while (true)
        {
            Interlocked.Exchange(ref _inCode, true);
            if (_engine.MustWait(this))
            {
                LeaveCache();
                _engine.WaitForTurn();
                obeyed = true;
            }
            else if (!_hasRequests)
            {
                return obeyed;
            }
            else
            {
                LeaveCache();
                Obey();
                obeyed = true;
            }
        }
    }

    /// <summary>Leaves that state; before any wait for a lock. No store that was translated before may follow.</summary>
    public void LeaveCache()
    {
        EndSlowStores();
        _inCode = false;
    }

    /// <summary>Obeys queued requests. The vCPU's thread, outside emitted code.</summary>
    public void Obey()
    {
        if (!_hasRequests)
        {
            return;
        }

        lock (_requestGate)
        {
            // One scan of the TLB for all frames: a fork makes a dozen page tables.
            Span<ulong> frames = stackalloc ulong[MostRequests];
            var count = 0;
            for (var i = 0; i < _requestCount; i++)
            {
                if (_requests[i].Kind == ShootdownKind.RevokeWrites)
                {
                    frames[count++] = _requests[i].Value;
                }
                else
                {
                    Apply(_requests[i].Kind, _requests[i].Value);
                }
            }

            if (count != 0)
            {
                RevokeWrites(frames[..count]);
            }

            _requestCount = 0;
            _hasRequests = false;
            _obeyed++;
        }

        if (!_kicked)
        {
            Volatile.Write(ref Slot(State.Poll), (ulong)_poll);
            if (_kicked)
            {
                Volatile.Write(ref Slot(State.Poll), (ulong)BadPollAddress);
            }
        }
    }

    /// <summary>Does to the own caches what a request says. The vCPU's thread.</summary>
    public void Apply(ShootdownKind kind, ulong value)
    {
        switch (kind)
        {
            case ShootdownKind.FlushAll:
                Kernel.Flush(lowHalfOnly: false);
                User.Flush(lowHalfOnly: false);
                break;
            case ShootdownKind.FlushPage:
                Kernel.FlushPage(value);
                User.FlushPage(value);
                break;
            case ShootdownKind.RevokeWrites:
                RevokeWrites([value]);
                break;
            case ShootdownKind.ForgetFrame:
                Kernel.ForgetFrame(value);
                User.ForgetFrame(value);
                break;
            case ShootdownKind.Stop:
                break;
            default:
                Kernel.FlushHash();
                User.FlushHash();
                ForgetReturns();
                break;
        }
    }

    private void RevokeWrites(ReadOnlySpan<ulong> frames)
    {
        Kernel.RevokeWrites(frames);
        User.RevokeWrites(frames);
    }
}
