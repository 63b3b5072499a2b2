using System.Buffers.Binary;
using System.Diagnostics;
using Xenolith.Abi.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Host;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Devices.Block;

/// <summary>
/// One queue of a connected vbd: takes requests off its ring, executes those that need no waiting on its own thread and the others on workers,
/// and answers in the order of completion.
/// <para>Threads: one of its own, woken by <see cref="Notify"/>; workers. Locks: the ring lock, a leaf; never held while an image works.</para>
/// </summary>
public sealed class BlockQueue : IDisposable
{
    private const int LoggedErrors = 20;

    /// <summary>Requests of at least so many segments are worth a second thread's copying if others wait behind them.</summary>
    private const int LargeSegments = 32;

    private const int StackBytes = 256 << 10;

    /// <summary>Most responses that are held back: half of what the smallest ring holds, so that the frontend always has the other half to work on.</summary>
    private const int MostHeld = 16;

    private const long SlowWriteNanoseconds = 2_000_000;
    private const int SlowWritesMilliseconds = 100;

    private const int ResizeLookMilliseconds = 500, SpinsBetweenLooks = 10;

    /// <summary>On a single processor polling would only keep the guest from running.</summary>
    private static readonly bool MayPoll = Environment.ProcessorCount > 1;

    /// <summary>Threads beside a ring's own that may copy at the same time: the guest and that thread have a processor each before.</summary>
    private static readonly int Helpers = Environment.ProcessorCount - 2;

    private readonly string _name;
    private readonly IDiskImage _image;
    private readonly SharedRing _ring;
    private readonly BlkifLayout _layout;
    private readonly BlockTransfer _transfer;
    private readonly DiskWorkers _workers;
    private readonly Action _notifyFrontend;
    private readonly DiskCounters _counters;
    private readonly Action<string> _log;
    private readonly Action<string> _stopped;
    private readonly Lock _ringLock = new();
    private readonly Stack<BlockRequest> _spare = new();
    private readonly RequestRun _run = new();
    private readonly WakeWord _wake = new();
    private readonly SemaphoreSlim _drained = new(0);
    private readonly Thread _thread;
    private volatile bool _barrierWaits;
    private long _lookedForResize = Environment.TickCount64;
    private HaltPolling _polling;
    private bool _writesUntold;
    private long _writesSlowUntil;
    private int _held;
    private int _errors;
    private volatile bool _ending;

    /// <summary>Starts serving.</summary>
    /// <param name="name">For messages, such as <c>xvda</c>.</param>
    /// <param name="image">What is behind the disk; not disposed here.</param>
    /// <param name="readOnly">Refuse writes.</param>
    /// <param name="layout">The frontend's ABI.</param>
    /// <param name="ring">The mapped ring.</param>
    /// <param name="grants">The frontend's pages.</param>
    /// <param name="notifyFrontend">Sends the frontend its event.</param>
    /// <param name="counters">What is done is counted here.</param>
    /// <param name="log">For errors of the image, rate-limited.</param>
    /// <param name="stopped">Called once if the frontend broke the protocol and the disk stopped.</param>
    public BlockQueue(
        string name, IDiskImage image, bool readOnly, BlkifLayout layout, SharedRing ring, IGrantedPages grants, Action notifyFrontend, DiskCounters counters,
        Action<string> log, Action<string> stopped)
    {
        _name = name;
        _image = image;
        _layout = layout;
        _ring = ring;
        _notifyFrontend = notifyFrontend;
        _counters = counters;
        _log = log;
        _stopped = stopped;
        _transfer = new BlockTransfer(image, readOnly, grants);
        _workers = new DiskWorkers("vbd " + name, ExecuteWaiting);
        _thread = new Thread(Serve, StackBytes) { IsBackground = true, Name = "vbd " + name };
        _thread.Start();
    }

    /// <summary>Called on the disk's thread with the image's new size in bytes.</summary>
    public Action<long>? Resized { get; init; }

    /// <summary>The ring's indices, for <c>xl inspect</c>.</summary>
    public IEnumerable<KeyValuePair<string, long>> RingIndices() => _ring.Indices();

    /// <summary>The frontend's event: there may be requests. Any thread; cheap; never blocks.</summary>
    public void Notify() => _wake.Wake();

    /// <summary>Stops taking requests and returns when those in flight are answered.</summary>
    public void Dispose()
    {
        _ending = true;
        Notify();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _workers.Dispose();
    }

    private void Serve()
    {
        var entry = new byte[_layout.EntrySize];
        try
        {
            while (!_ending)
            {
                // The ticket comes before the ring is found empty: an event that comes later voids it.
                var ticket = _wake.Ticket;
                LookForResize();
                while (!_ending && Take(entry) is { } request)
                {
                    Begin(request, entry);
                }

                ExecuteRun();
                PushHeld();
                Await(ticket);
            }
        }
        catch (RingException e)
        {
            _ending = true;
            _stopped($"disk {_name}: stopped, because the guest broke its ring: {e.Message}");
        }
        catch (Exception e)
        {
            // A defect of ours costs this device, not the domain; the stack goes to the log.
            Console.Error.WriteLine(e);
            _ending = true;
            _stopped($"disk {_name}: stopped by an internal error: {e.Message}");
        }
    }

    /// <summary>
    /// Returns when there may be requests. Looks for them for a moment first, if that has paid lately: until the ring is armed the frontend need not
    /// notify, and neither side enters the kernel.
    /// </summary>
    private void Await(int ticket)
    {
        var began = Stopwatch.GetTimestamp();
        var slept = false;
        while (!_ending && !_ring.HasRequests)
        {
            if (MayPoll && Waited(began) < _polling.Budget)
            {
                Thread.SpinWait(SpinsBetweenLooks);
                continue;
            }

            if (Armed())
            {
                break;
            }

            slept = true;
            _wake.Sleep(ticket, long.MaxValue);
            ticket = _wake.Ticket;
        }

        _polling.Waited(Waited(began), slept);
    }

    private static long Waited(long began) => (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds;

    /// <summary>As blkback: a changed size is found when there is something to do, never by an idle disk.</summary>
    private void LookForResize()
    {
        var now = Environment.TickCount64;
        if (Resized is not null && now - _lookedForResize >= ResizeLookMilliseconds)
        {
            _lookedForResize = now;
            if (_image.Refresh())
            {
                Resized(_image.Bytes);
            }
        }
    }

    private bool Armed()
    {
        lock (_ringLock)
        {
            return _ring.ArmAndCheck();
        }
    }

    private BlockRequest? Take(byte[] entry)
    {
        lock (_ringLock)
        {
            if (!_ring.TryTake(entry))
            {
                return null;
            }

            return _spare.TryPop(out var spare) ? spare : new BlockRequest();
        }
    }

    private void Begin(BlockRequest request, byte[] entry)
    {
        if (!BlockRequestParser.TryParse(entry, _layout, request))
        {
            _counters.Count(request.Operation, 0, failed: true);
            Answer(request, BlkifStatus.Error, hold: false);
            return;
        }

        if (request.IsIndirect && !_transfer.TryReadIndirect(request))
        {
            Complete(request, Errno.EINVAL, hold: false);
            return;
        }

        if (request.Operation is not (BlkifOperation.Read or BlkifOperation.Write))
        {
            ExecuteRun();
            ExecuteOther(request);
        }
        else if (request.SegmentCount >= LargeSegments && _workers.Busy < Helpers && _ring.HasRequests)
        {
            _workers.Post(request);
        }
        else if (!_run.TryAdd(request))
        {
            ExecuteRun();
            _run.TryAdd(request);
        }
    }

    private void ExecuteOther(BlockRequest request)
    {
        if (request.Operation == BlkifOperation.WriteBarrier)
        {
            // A barrier orders everything: what came before is answered first, and nothing behind it is taken before it is done.
            PushHeld();
            WaitForOthers();
            ExecuteWaiting(request);
            return;
        }

        var error = _transfer.Execute(request, wait: false);
        if (error == Errno.EAGAIN)
        {
            _workers.Post(request);
            return;
        }

        Complete(request, error, hold: true);
    }

    private void ExecuteRun()
    {
        var requests = _run.Requests;
        if (!requests.IsEmpty)
        {
            Execute(requests);
            _run.Clear();
        }
    }

    /// <summary>Executes reads or writes that follow each other. If they fail together, each is tried alone and gets the answer that is its own.</summary>
    private void Execute(ReadOnlySpan<BlockRequest> requests)
    {
        var error = requests[0].Operation == BlkifOperation.Write && _writesUntold && Environment.TickCount64 >= _writesSlowUntil
            ? WriteHere(requests)
            : _transfer.Move(requests, wait: false);
        if (error == BlockTransfer.NotSupported)
        {
            // The file system cannot tell whether it would have to wait.
            _writesUntold |= requests[0].Operation == BlkifOperation.Write;
            error = Errno.EAGAIN;
        }

        for (var i = 0; i < requests.Length; i++)
        {
            if (error == Errno.EAGAIN)
            {
                _workers.Post(requests[i]);
            }
            else if (error == 0 || requests.Length == 1)
            {
                Complete(requests[i], error, hold: true);
            }
            else
            {
                Execute(requests.Slice(i, 1));
            }
        }
    }

    /// <summary>
    /// Writes go to the page cache and rarely wait, but many file systems do not say whether one would: they are done here, which spares a second
    /// thread, until one is found to be slow (the host throttles writers); then others do them for a while, so that reads are not held up.
    /// </summary>
    private int WriteHere(ReadOnlySpan<BlockRequest> requests)
    {
        var began = Stopwatch.GetTimestamp();
        var error = _transfer.Move(requests, wait: true);
        if (Waited(began) > SlowWriteNanoseconds)
        {
            _writesSlowUntil = Environment.TickCount64 + SlowWritesMilliseconds;
        }

        return error;
    }

    /// <summary>Shows the frontend what was held back.</summary>
    private void PushHeld()
    {
        bool notify;
        lock (_ringLock)
        {
            notify = _held > 0 && _ring.Push();
            _held = 0;
        }

        if (notify)
        {
            _notifyFrontend();
        }
    }

    private void WaitForOthers()
    {
        lock (_ringLock)
        {
            _barrierWaits = _ring.Outstanding > 1;
        }

        while (_barrierWaits)
        {
            _drained.Wait();
        }
    }

    private void ExecuteWaiting(BlockRequest request)
    {
        int error;
        try
        {
            error = _transfer.Execute(request, wait: true);
        }
        catch (Exception e)
        {
            // As in Serve; the request fails and the disk goes on.
            Console.Error.WriteLine(e);
            error = Errno.EIO;
        }

        Complete(request, error, hold: false);
    }

    private void Complete(BlockRequest request, int error, bool hold)
    {
        _counters.Count(request.Operation, error == 0 ? request.DataBytes / BlkifLayout.SectorSize : 0, error != 0);
        if (error is not (0 or BlockTransfer.NotSupported) && Interlocked.Increment(ref _errors) <= LoggedErrors)
        {
            _log($"disk {_name}: {request.Operation} of {request.DataBytes} bytes at sector {request.Sector} failed: {new HostException("", error).Reason}");
        }

        Answer(request, error switch
        {
            0 => BlkifStatus.Okay,
            BlockTransfer.NotSupported => BlkifStatus.NotSupported,
            _ => BlkifStatus.Error,
        }, hold);
    }

    /// <summary>
    /// Puts a response. Those of the ring's own thread may be held back while further requests wait in the ring: a frontend that is interrupted for
    /// each of them spends more time on that than on its data.
    /// </summary>
    private void Answer(BlockRequest request, BlkifStatus status, bool hold)
    {
        Span<byte> response = stackalloc byte[16];
        response = response[.._layout.ResponseSize];
        response.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(response, request.Id);
        response[_layout.ResponseOperation] = (byte)request.Operation;
        BinaryPrimitives.WriteInt16LittleEndian(response[(_layout.ResponseOperation + 2)..], (short)status);
        bool notify;
        lock (_ringLock)
        {
            _ring.Put(response);
            _held = hold ? _held + 1 : MostHeld;
            notify = _held >= MostHeld && _ring.Push();
            _held = _held >= MostHeld ? 0 : _held;
            _spare.Push(request);
            if (_barrierWaits && _ring.Outstanding == 1)
            {
                _barrierWaits = false;
                _drained.Release();
            }
        }

        if (notify)
        {
            _notifyFrontend();
        }
    }
}
