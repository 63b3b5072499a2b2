using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Client;

namespace Xenolith.Devices.Rings;

/// <summary>
/// Carries bytes between a ring pair and a descriptor, both ways: the console backend, and the guest's connection to xenstored. Holds one
/// ring's worth of bytes and no more: while the descriptor is full the ring fills and the guest waits, and the other way round.
/// <para>Thread ownership: one thread of its own moves everything; <see cref="GuestEvent"/>, <see cref="Replace"/> and <see cref="Stop"/> are for
/// any thread and do not block.</para>
/// </summary>
public sealed class RingPump : IDisposable
{
    private readonly RingPair _rings;
    private readonly Action _notifyGuest;
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;
    private readonly List<byte> _whole = [];
    private byte[] _outward;
    private byte[] _inward;
    private readonly string _name;
    private int _outwardStart, _outwardEnd, _inwardStart, _inwardEnd;
    private SafeFileHandle? _descriptor;
    private SafeFileHandle? _replacement;
    private volatile bool _stopping;
    private bool _readable = true, _broken, _disposed;

    /// <summary>Makes a pump; <see cref="Start"/> starts it.</summary>
    /// <param name="name">What it carries, for its thread and messages.</param>
    /// <param name="rings">The guest's side.</param>
    /// <param name="notifyGuest">Sends the ring's event to the guest; called on the pump's thread.</param>
    /// <param name="descriptor">The host's side, owned from now on; null for one that comes later. Non-blocking, unless waiting does no harm.</param>
    /// <param name="readable">False if nothing is to be read from the descriptor.</param>
    public RingPump(string name, RingPair rings, Action notifyGuest, SafeFileHandle? descriptor, bool readable = true)
    {
        ArgumentNullException.ThrowIfNull(rings);
        _name = name;
        _rings = rings;
        _notifyGuest = notifyGuest;
        _descriptor = descriptor;
        _readable = readable;
        _outward = new byte[rings.FromGuest.Size];
        _inward = new byte[rings.ToGuest.Size];
        _thread = new Thread(Main, 256 << 10) { Name = name, IsBackground = true };
    }

    /// <summary>Called once when the pump cannot go on with its descriptor or its ring; on the pump's thread, with the cause in words.</summary>
    public Action<string>? Failed { get; set; }

    /// <summary>For the store's ring: keeps what a restarted store must be asked again, and lets only whole replies pass.</summary>
    public StoreRingRelay? Relay { get; init; }

    /// <summary>Bytes that came from the guest.</summary>
    public long BytesFromGuest { get; private set; }

    /// <summary>Bytes that went to the guest.</summary>
    public long BytesToGuest { get; private set; }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>The guest sent the ring's event.</summary>
    public void GuestEvent() => _wake.Signal();

    /// <summary>Gives the pump another descriptor (xenstored was restarted); the old one is closed, bytes on their way to it are kept.</summary>
    public void Replace(SafeFileHandle descriptor)
    {
        Interlocked.Exchange(ref _replacement, descriptor)?.Dispose();
        _wake.Signal();
    }

    /// <summary>Ends the pump after what the guest has written so far is carried out, as far as the descriptor takes it within the time.</summary>
    /// <param name="milliseconds">How long to wait for a full descriptor.</param>
    /// <returns>True if everything was carried out.</returns>
    public bool Stop(int milliseconds)
    {
        _stopping = true;
        _wake.Signal();
        return !_thread.IsAlive || _thread.Join(milliseconds);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed && Stop(0))
        {
            _disposed = true;
            _descriptor?.Dispose();
            _wake.Dispose();
        }
    }

    private void Main()
    {
        Span<PollEntry> waits = stackalloc PollEntry[2];
        try
        {
            while (true)
            {
                TakeReplacement();
                Fetch();
                if (_stopping && (_outwardStart == _outwardEnd || _descriptor is null))
                {
                    return;
                }

                Deliver();
                waits[0] = new PollEntry { Descriptor = Descriptors.Number(_wake.Handle), Wanted = PollEvents.Readable };
                waits[1] = new PollEntry { Descriptor = _descriptor is null ? -1 : Descriptors.Number(_descriptor), Wanted = Wanted() };
                if (waits[1].Wanted == PollEvents.None)
                {
                    waits[1].Descriptor = -1;
                }

                Poller.Wait(waits, Timeout.Infinite);
                if (waits[0].Happened != 0)
                {
                    _wake.Clear();
                }

                Exchange(waits[1].Happened);
            }
        }
        catch (HostException e)
        {
            Fail($"{_name}: {e.Message}");
        }
        catch (Exception e)
        {
            // A defect of ours costs this ring, not the domain; the stack goes to the log.
            Console.Error.WriteLine(e);
            Fail($"{_name}: stopped by an internal error: {e.Message}");
        }
    }

    private PollEvents Wanted() =>
        (_outwardStart < _outwardEnd ? PollEvents.Writable : PollEvents.None)
        | (_readable && _inwardStart == _inwardEnd && !_stopping ? PollEvents.Readable : PollEvents.None);

    private void TakeReplacement()
    {
        if (Interlocked.Exchange(ref _replacement, null) is { } replacement)
        {
            _descriptor?.Dispose();
            _descriptor = replacement;
            _readable = true;
            if (Relay is not null)
            {
                // It has seen everything that was fetched, sent or not.
                var again = Relay.Reconnect();
                if (again.Length > _outward.Length)
                {
                    _outward = again;
                }

                again.CopyTo(_outward, 0);
                (_outwardStart, _outwardEnd) = (0, again.Length);
            }
        }
    }

    /// <summary>From the ring, if everything fetched before is carried out.</summary>
    private void Fetch()
    {
        if (_broken || _outwardStart != _outwardEnd || Relay is { IsFull: true })
        {
            return;
        }

        switch (_rings.FromGuest.Read(_outward, out var count))
        {
            case RingStep.Moved:
                _outwardStart = 0;
                _outwardEnd = count;
                BytesFromGuest += count;
                _notifyGuest();
                if (Relay is not null && !Relay.PassRequests(_outward.AsSpan(0, count)))
                {
                    Fail($"{_name}: the guest announced a message longer than the protocol allows; the ring is not used any more");
                    _broken = true;
                }

                break;
            case RingStep.Broken:
                Break();
                break;
        }
    }

    /// <summary>To the ring, as far as there is room.</summary>
    private void Deliver()
    {
        if (_broken || _inwardStart == _inwardEnd)
        {
            return;
        }

        switch (_rings.ToGuest.Write(_inward.AsSpan(_inwardStart.._inwardEnd), out var count))
        {
            case RingStep.Moved:
                _inwardStart += count;
                BytesToGuest += count;
                _notifyGuest();
                break;
            case RingStep.Broken:
                Break();
                break;
        }
    }

    private void Exchange(PollEvents happened)
    {
        if (_descriptor is null || happened == 0)
        {
            return;
        }

        if (_outwardStart < _outwardEnd && (happened & (PollEvents.Writable | PollEvents.Error | PollEvents.HangUp)) != 0)
        {
            WriteOut(_descriptor);
        }

        if (_descriptor is not null && _readable && _inwardStart == _inwardEnd && (happened & (PollEvents.Readable | PollEvents.HangUp)) != 0)
        {
            ReadIn(_descriptor);
        }
    }

    private void WriteOut(SafeFileHandle descriptor)
    {
        try
        {
            var count = Descriptors.Write(descriptor, _outward.AsSpan(_outwardStart.._outwardEnd));
            _outwardStart += Math.Max(count, 0);
        }
        catch (HostException e)
        {
            LoseDescriptor(e.Message);
        }
    }

    private void ReadIn(SafeFileHandle descriptor)
    {
        var count = Descriptors.Read(descriptor, _inward);
        if (count > 0 && Relay is not null)
        {
            PassWhole(_inward.AsSpan(0, count));
        }
        else if (count > 0)
        {
            _inwardStart = 0;
            _inwardEnd = count;
        }
        else if (count == 0)
        {
            // The writing side may still be open (a closed stdin): only reading ends.
            _readable = false;
            Failed?.Invoke($"{_name}: the other end closed the connection");
        }
    }

    private void PassWhole(ReadOnlySpan<byte> received)
    {
        _whole.Clear();
        if (!Relay!.PassReplies(received, _whole))
        {
            LoseDescriptor("xenstored sent a message longer than the protocol allows");
            return;
        }

        if (_whole.Count > _inward.Length)
        {
            _inward = new byte[_whole.Count];
        }

        _whole.CopyTo(_inward);
        (_inwardStart, _inwardEnd) = (0, _whole.Count);
    }

    private void LoseDescriptor(string cause)
    {
        _descriptor?.Dispose();
        _descriptor = null;
        Fail($"{_name}: {cause}");
    }

    private void Break()
    {
        _broken = true;
        _rings.ReportBrokenIndices();
        Fail($"{_name}: the guest's ring indices are wrong; the ring is not used any more");
    }

    private void Fail(string cause) => Failed?.Invoke(cause);
}
