using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Events;

/// <summary>
/// The FIFO ABI (public/event_channel.h): an event word a port in pages that the guest adds, and 16 queues a vCPU, linked through the words,
/// with their heads in the vCPU's control block. All words are guest memory: a guest that breaks them harms only its own events.
/// <para>Any thread. Lock: its own; nothing else is taken inside, except that a vCPU may be woken.</para>
/// </summary>
internal sealed class FifoEvents : IEventAbi
{
    public const int DefaultPriority = 7, LowestPriority = 15, LinkBits = 17, ControlBlockSize = 72;
    private const uint Channels = 1 << LinkBits, LinkMask = Channels - 1;
    private const uint PendingBit = 1u << 31, MaskedBit = 1u << 30, LinkedBit = 1u << 29, BusyBit = 1u << 28;
    private const int WordsPerPage = MachineFrames.PageSize / 4, LinkTries = 4;
    private readonly Domain _domain;
    private readonly Lock _lock = new();
    private readonly nint[] _pages = new nint[Channels / WordsPerPage];
    private readonly List<ulong> _held = [];
    private readonly nint[] _control;
    private readonly uint[] _tails;
    private volatile uint _words;

    public FifoEvents(Domain domain)
    {
        _domain = domain;
        _control = new nint[domain.Vcpus.Count];
        _tails = new uint[domain.Vcpus.Count * (LowestPriority + 1)];
    }

    public uint Limit => Channels;

    /// <summary>Frames that are held for control blocks and event words; each as often as it is used.</summary>
    public IReadOnlyList<ulong> Held => _held;

    /// <summary>Sets a vCPU's control block, once.</summary>
    /// <returns>0 or a positive error.</returns>
    public int SetControlBlock(int vcpu, ulong mfn, int offset)
    {
        if (_control[vcpu] != 0 || !_domain.TryHoldPage(mfn, writable: true, out var page))
        {
            return XenErrno.EINVAL;
        }

        _held.Add(mfn);

        Volatile.Write(ref _control[vcpu], page + offset);
        return 0;
    }

    /// <summary>Adds a page of event words.</summary>
    /// <returns>0 or a positive error.</returns>
    public int AddPage(ulong mfn, Func<uint, EventPort?> portOf)
    {
        var first = _words;
        if (first >= Channels)
        {
            return XenErrno.ENOSPC;
        }

        if (!_domain.TryHoldPage(mfn, writable: true, out var page))
        {
            return XenErrno.EINVAL;
        }

        _held.Add(mfn);

        _pages[first / WordsPerPage] = page;
        _words = first + WordsPerPage;
        for (var number = first; number < first + WordsPerPage; number++)
        {
            if (portOf(number) is not { } port)
            {
                break;
            }

            if (port.PendingLater)
            {
                port.PendingLater = false;
                SetPending(port);
            }
        }

        return 0;
    }

    /// <summary>Gives the guest its pages back. The ABI is no longer in use.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _words = 0;
            Array.Clear(_control);
            foreach (var mfn in _held)
            {
                _domain.LetGoPage(mfn, writable: true);
            }

            _held.Clear();
        }
    }

    public void SetPending(EventPort port)
    {
        var word = WordOf(port.Number);
        if (word == 0)
        {
            port.PendingLater = true;
            return;
        }

        bool newlyPending, mustTell = false;
        var vcpuId = port.NotifyVcpu;
        var priority = port.Priority;
        lock (_lock)
        {
            // Whoever resets the event channels takes the pages away at any moment before the lock.
            var control = _control[vcpuId];
            if (control == 0)
            {
                return;
            }

            newlyPending = (SharedWord.Or32(word, PendingBit) & PendingBit) == 0;
            if ((SharedWord.Load32(word) & MaskedBit) == 0 && (SharedWord.Or32(word, LinkedBit) & LinkedBit) == 0 && Link(port, vcpuId, priority))
            {
                mustTell = (SharedWord.Or32(control, 1u << priority) & (1u << priority)) == 0;
            }
        }

        if (mustTell)
        {
            _domain.Vcpus[vcpuId].MarkEventsPending();
        }

        if (newlyPending)
        {
            _domain.Events.WakePollers();
        }
    }

    public void ClearPending(EventPort port)
    {
        if (WordOf(port.Number) is var word and not 0)
        {
            SharedWord.And32(word, ~PendingBit);
        }
    }

    public void Unmask(EventPort port)
    {
        var word = WordOf(port.Number);
        if (word == 0)
        {
            return;
        }

        SharedWord.And32(word, ~MaskedBit);
        if ((SharedWord.Load32(word) & PendingBit) != 0)
        {
            SetPending(port);
        }
    }

    public bool IsPending(EventPort port) => WordOf(port.Number) is var word and not 0 && (SharedWord.Load32(word) & PendingBit) != 0;

    public bool IsBusy(EventPort port) => WordOf(port.Number) is var word and not 0 && (SharedWord.Load32(word) & LinkedBit) != 0;

    /// <summary>Puts a port at its queue's end; true if the queue was empty, so that the vCPU must be told. Under the lock.</summary>
    private bool Link(EventPort port, int vcpuId, int priority)
    {
        ref var oldTail = ref _tails[(port.LastVcpu * (LowestPriority + 1)) + port.LastPriority];
        if (oldTail == port.Number)
        {
            oldTail = 0;
        }

        port.LastVcpu = vcpuId;
        port.LastPriority = priority;
        ref var tail = ref _tails[(vcpuId * (LowestPriority + 1)) + priority];
        var linked = tail != 0 && WordOf(tail) is var tailWord and not 0 && TryLink(tailWord, port.Number);
        tail = port.Number;
        if (!linked)
        {
            // Heads follow { ready, reserved } in the control block.
            SharedWord.Store32(_control[vcpuId] + 8 + (4 * priority), port.Number);
        }

        return !linked;
    }

    /// <summary>Links a word to the next port if it is still in its queue itself. The busy bit keeps the guest from unmasking it meanwhile.</summary>
    private static bool TryLink(nint word, uint next)
    {
        for (var attempt = 0; attempt <= LinkTries; attempt++)
        {
            var seen = SharedWord.Load32(word);
            if ((seen & LinkedBit) == 0)
            {
                SharedWord.And32(word, ~BusyBit);
                return false;
            }

            if (SharedWord.CompareExchange32(word, (seen & ~(BusyBit | LinkMask)) | next, seen) == seen)
            {
                return true;
            }

            SharedWord.Or32(word, BusyBit);
        }

        // Only a guest that breaks the rules comes here; as Xen, give up on the link.
        SharedWord.And32(word, ~BusyBit);
        return true;
    }

    private nint WordOf(uint port) => port < _words ? _pages[port / WordsPerPage] + (nint)(port % WordsPerPage * 4) : 0;
}
