using Xenolith.Engine;

namespace Xenolith.Translator;

/// <summary>
/// Stores that go past the soft TLB, into frames with code and pages with watched data. Nothing in a frame's flags tells of them, so who takes write access to a frame away
/// cannot ask for them as for a write translation. Instead a vCPU says that it is about to make such a store before it looks at the frame's flags a last
/// time, and the other, who has set its flag before, waits while the vCPU says so: one of the two sees the other.
/// <para>Thread ownership: the vCPU's own thread, except <see cref="WaitForSlowStore"/>.</para>
/// </summary>
internal sealed partial class VcpuContext
{
    private const int NotedFrames = 4;
    private NotedStore[] _noted = new NotedStore[NotedFrames];
    private int _notedCount;

    // Odd between the decision to store and the store.
    private int _slowStores;

    private record struct NotedStore(ulong Mfn, int Start, int End);

    /// <summary>True if stores were noted that translations do not know of yet: a repeated instruction stops and goes on later.</summary>
    public bool HasNotedStores => _notedCount != 0;

    /// <summary>
    /// Waits until a store that this vCPU had decided on is made or given up. Any other thread, after it has set the flag that forbids the next one.
    /// The vCPU waits for nobody meanwhile.
    /// </summary>
    public void WaitForSlowStore()
    {
        var seen = Volatile.Read(ref _slowStores);
        var spinner = default(SpinWait);
        while ((seen & 1) != 0 && Volatile.Read(ref _slowStores) == seen)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>To be called after a store into a frame: translations of the bytes are dropped, on every vCPU, when the instruction is done.</summary>
    public void NoteStore(ulong mfn, int offset, int length)
    {
        // The store must be visible before the flag is read: a translator sets the flag before it reads the bytes.
        Thread.MemoryBarrier();
        if ((_engine.Frames.FlagsOf(mfn) & FrameFlags.Code) == 0)
        {
            return;
        }

        var end = offset + length;
        foreach (ref var noted in _noted.AsSpan(0, _notedCount))
        {
            if (noted.Mfn == mfn)
            {
                noted = new NotedStore(mfn, Math.Min(noted.Start, offset), Math.Max(noted.End, end));
                return;
            }
        }

        if (_notedCount == _noted.Length)
        {
            Array.Resize(ref _noted, 2 * _notedCount);
        }

        _noted[_notedCount++] = new NotedStore(mfn, offset, end);
    }

    private bool TryTranslatePastTlb(ulong linear, WalkAccess access, out nint host, out ulong mfn)
    {
        if ((_slowStores & 1) == 0)
        {
            Interlocked.Increment(ref _slowStores);
        }

        var result = _engine.Walk.Walk(Current.Root, linear, access | (Registers.KernelMode == 0 ? WalkAccess.User : 0));
        host = result.Page + (nint)(linear & 4095);
        mfn = result.Mfn;
        if (!result.Ok)
        {
            SetPageFault(linear, result.ErrorCode);
            return false;
        }

        if ((access & WalkAccess.Write) != 0 && (_engine.Frames.FlagsOf(mfn) & (FrameFlags.PageTable | FrameFlags.ReadOnly)) != 0)
        {
            // It became one since the soft TLB was asked.
            SetPageFault(linear, (uint)(access | (Registers.KernelMode == 0 ? WalkAccess.User : 0)) | 1);
            return false;
        }

        return true;
    }

    private void EndSlowStores()
    {
        if ((_slowStores & 1) != 0)
        {
            Volatile.Write(ref _slowStores, _slowStores + 1);
        }
    }

    // Behind the instruction, when no address that it translated is used any more: this waits for the translation lock.
    private void PublishNotedStores()
    {
        if (_notedCount == 0)
        {
            return;
        }

        LeaveCache();
        foreach (var noted in _noted.AsSpan(0, _notedCount))
        {
            _engine.CodeWritten(noted.Mfn, noted.Start, noted.End - noted.Start);
        }

        _notedCount = 0;
    }
}
