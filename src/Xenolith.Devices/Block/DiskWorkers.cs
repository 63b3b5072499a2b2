namespace Xenolith.Devices.Block;

/// <summary>
/// Threads that wait for a disk so that its ring does not: started one by one as requests queue up, at most <see cref="Most"/>; they sleep
/// without a timer when there is nothing to do. Locks: a leaf.
/// </summary>
internal sealed class DiskWorkers(string name, Action<BlockRequest> execute) : IDisposable
{
    /// <summary>Most requests that wait for the disk at the same time.</summary>
    public const int Most = 16;

    private readonly Lock _gate = new();
    private readonly Queue<BlockRequest> _queue = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly List<Thread> _threads = [];
    private int _idle;
    private int _busy;
    private bool _ending;

    /// <summary>Requests posted and not yet done.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <summary>Queues a request; the callback runs on a worker.</summary>
    public void Post(BlockRequest request)
    {
        Interlocked.Increment(ref _busy);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ending, this);
            _queue.Enqueue(request);
            if (_idle < _queue.Count && _threads.Count < Most)
            {
                var thread = new Thread(Loop) { IsBackground = true, Name = name };
                _threads.Add(thread);
                thread.Start();
            }
        }

        _work.Release();
    }

    /// <summary>Lets the queued requests finish and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_ending)
            {
                return;
            }

            _ending = true;
        }

        _work.Release(Most);
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _work.Dispose();
    }

    private void Loop()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            _work.Wait();
            Interlocked.Decrement(ref _idle);
            BlockRequest? request;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out request) && _ending)
                {
                    return;
                }
            }

            if (request is not null)
            {
                execute(request);
                Interlocked.Decrement(ref _busy);
            }
        }
    }
}
