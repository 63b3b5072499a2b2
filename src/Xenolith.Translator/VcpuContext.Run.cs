using Xenolith.Engine;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Emit;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator;

/// <summary>The loop around emitted code: enter, understand the exit, find where to go on.</summary>
internal sealed partial class VcpuContext
{
    private ExitReason? _reason;
    private long _compatibilityRefusals;
    private byte _hashedTaskSwitched;

    /// <summary>Attempts to run a 32-bit code segment.</summary>
    public long CompatibilityRefusals => _compatibilityRefusals;

    /// <summary>Runs until something needs the machine.</summary>
    public ExitReason Run()
    {
        _gsInForce = 0;
        _reason = null;
        nint target = 0;
        if (Registers.TaskSwitched != _hashedTaskSwitched)
        {
            // Landings compare RIP only: those of the other mode must not be found.
            _hashedTaskSwitched = Registers.TaskSwitched;
            Kernel.FlushHash();
            User.FlushHash();
            ForgetReturns();
        }

        if (!_breakpoints.AnyExecute)
        {
            // What an iret restored has nothing to resume past.
            Registers.Rflags &= ~ResumeFlag;
        }

        if (Registers.Compatibility != 0)
        {
            // 32-bit code segments are not run: the guest's kernel ends the program, as it would for a bad selector.
            _compatibilityRefusals++;
            Registers.ExitVector = 13;
            Registers.ExitErrorCode = 0;
            Registers.ExitAddress = 0;
            return ExitReason.Exception;
        }

        while (true)
        {
            if (_kicked && TakeKick())
            {
                return Leaving(ExitReason.Interrupted);
            }

            if (EnterCache())
            {
                target = 0;
            }

            if (target == 0)
            {
                target = Find(Registers.Rip);
                if (_reason is { } fault)
                {
                    return Leaving(fault);
                }

                if (target == 0)
                {
                    continue;
                }
            }

            EnterCode(target);
            target = Understand();
            if (_reason is { } reason)
            {
                return Leaving(reason);
            }
        }
    }

    // Each handler returns the executable address to go on at, or 0 for "look RIP up", or sets _reason.
    private nint Understand()
    {
        Count(ExitKind);
        switch (ExitKind)
        {
            case Fault.ExitKind.MissRead:
                return Miss(write: false);
            case Fault.ExitKind.MissWrite:
                return Miss(write: true);
            case Fault.ExitKind.Branch:
                return Branch();
            case Fault.ExitKind.Indirect:
                TakeFlags(fromSlot: true);
                return Indirect(Slot(State.ExitValue));
            case Fault.ExitKind.Leave:
                return Leave();
            case Fault.ExitKind.Signal:
                return Signal();
            default:
                _reason = Fail($"unknown exit {ExitKind} from emitted code");
                return 0;
        }
    }

    // Takes RIP and flags of an exit at a row.
    private ref CodeRow TakeRow(int block, uint info)
    {
        ref var found = ref _cache.Blocks[block];
        ref var row = ref _cache.Rows[found.FirstRow + SiteInfo.Row(info)];
        Registers.Rip = found.Rip + row.Offset;
        TakeFlags((info & SiteInfo.FlagsInSlot) != 0);
        return ref row;
    }

    private nint ReenterAt(int block, in CodeRow row)
    {
        if ((row.Flags & CodeRow.SlotFlags) != 0)
        {
            SetFlagSlot();
        }

        return _cache.AddressOf(_cache.Blocks[block].Host + row.Host);
    }

    private ulong _missLast, _missBefore;
    private long _missRow;

    private nint Miss(bool write)
    {
        var (block, info) = Site();
        ref var row = ref TakeRow(block, info);
        var address = Slot(State.ExitValue);
        var size = SiteInfo.Detail(info);
        if ((row.Flags & CodeRow.RunStart) != 0)
        {
            return MissOfRun(block, row, info, write);
        }

        if (((int)address & 4095) + size > 4096 || (long)(address << 16) >> 16 != (long)address)
        {
            return ExecuteSlowly(block, SiteInfo.Row(info));
        }

        // Two operands of one instruction that share an entry in both levels of the soft TLB would push each other out for ever.
        var page = address >> 12;
        if (page == _missBefore && _missRow == ((long)block << 16 | (uint)SiteInfo.Row(info)))
        {
            _missBefore = 0;
            return ExecuteSlowly(block, SiteInfo.Row(info));
        }

        _missBefore = _missLast;
        _missLast = page;
        _missRow = (long)block << 16 | (uint)SiteInfo.Row(info);
        switch (TryFill(address, write))
        {
            case FillOutcome.Filled:
                return ReenterAt(block, row);
            case FillOutcome.Faulted when (info & SiteInfo.Masked) == 0:
                _reason = ExitReason.Exception;
                return 0;
            default:
                return ExecuteSlowly(block, SiteInfo.Row(info));
        }
    }

    // All of the run lies in one page. If its first access alone faults, that is the guest's fault; for all else there is the twin.
    private nint MissOfRun(int block, in CodeRow row, uint info, bool write)
    {
        var address = Slot(State.ExitValue) + (ulong)(SiteInfo.Detail(info) >> 1);
        if ((long)(address << 16) >> 16 != (long)address)
        {
            return EnterTwin();
        }

        var outcome = TryFill(address, write);
        if (outcome == FillOutcome.Faulted && write && (SiteInfo.Detail(info) & 1) == 0)
        {
            outcome = TryFill(address, write: false) == FillOutcome.Faulted ? FillOutcome.Faulted : FillOutcome.PastTlb;
        }

        switch (outcome)
        {
            case FillOutcome.Filled:
                return ReenterAt(block, row);
            case FillOutcome.Faulted:
                _reason = ExitReason.Exception;
                return 0;
            default:
                return EnterTwin();
        }
    }

    private enum FillOutcome
    {
        Filled,
        Faulted,

        /// <summary>The slow instructions access the page and tell: a frame with code, or a page with watched data.</summary>
        PastTlb,
    }

    private FillOutcome TryFill(ulong address, bool write)
    {
        var access = (write ? WalkAccess.Write : WalkAccess.Read) | (Registers.KernelMode == 0 ? WalkAccess.User : 0);
        if (_breakpoints.WatchesPage(address, write))
        {
            return FillOutcome.PastTlb;
        }

        var context = Current;
        if (context.TryRefill(address, write))
        {
            return FillOutcome.Filled;
        }

        var result = _engine.Walk.Walk(context.Root, address, access);
        if (!result.Ok)
        {
            SetPageFault(address, result.ErrorCode);
            return FillOutcome.Faulted;
        }

        const FrameFlags never = FrameFlags.PageTable | FrameFlags.ReadOnly | FrameFlags.Code;
        var flags = _engine.Frames.FlagsOf(result.Mfn);
        var writable = result.WritableNow && (flags & never) == 0 && !_breakpoints.WatchesPage(address, write: true);
        if (writable && (flags & _holdsWrites) == 0)
        {
            // Whoever takes write access away sets its flag first and then looks at these.
            writable = (_engine.Frames.ChangeFlags(result.Mfn, FrameFlags.WriteCached | _holdsWrites, FrameFlags.None) & never) == 0;
        }

        if (write && !writable)
        {
            if ((_engine.Frames.FlagsOf(result.Mfn) & (FrameFlags.PageTable | FrameFlags.ReadOnly)) != 0)
            {
                SetPageFault(address, (uint)access | 1);
                return FillOutcome.Faulted;
            }

            return FillOutcome.PastTlb;
        }

        context.Fill(address, result.Page, result.Mfn, writable);
        return FillOutcome.Filled;
    }

    private nint Branch()
    {
        var (block, info) = Site();
        var flagsInSlot = (info & SiteInfo.FlagsInSlot) != 0;
        TakeFlags(flagsInSlot);
        var link = SiteInfo.Link(info);
        var target = _cache.Links[link].Target;
        Registers.Rip = target;
        if (Stepped())
        {
            return 0;
        }

        LeaveCache();
        _engine.Connect(this, block, link, target, info);
        return (info & SiteInfo.Twin) != 0 ? EnterTwin() : 0;
    }

    // The accesses from RIP on, one by one.
    private nint EnterTwin()
    {
        LeaveCache();
        var host = _engine.FindTwin(this, Registers.Rip, out var fault);
        if (fault)
        {
            _reason = ExitReason.Exception;
        }

        return EnterCache() ? 0 : host;
    }

    private nint Indirect(ulong target)
    {
        Registers.Rip = target;
        if (Stepped())
        {
            return 0;
        }

        LeaveCache();
        _engine.FillHash(this, target);
        return 0;
    }

    // After a branch: true if it ran alone.
    private bool Stepped()
    {
        if (!Stepping)
        {
            return false;
        }

        Step(0, Trapping);
        return true;
    }

    private void RaiseDebug(uint status)
    {
        Registers.ExitVector = 1;
        Registers.ExitErrorCode = 0;
        Registers.ExitDebugStatus = status;
        _reason = ExitReason.Exception;
    }

    private nint Find(ulong rip)
    {
        if (Stepping && StopsAt(rip))
        {
            return 0;
        }

        var landing = Current.Hashed(rip);
        if (landing != 0)
        {
            ref var block = ref _cache.Blocks[_cache.BlockOfLanding(landing)];
            if (block.Rip == rip && block.Mode == Mode && !block.Dead)
            {
                return _cache.AddressOf(block.Host);
            }
        }

        // The hash is filled, so that the next return to this address is found without the lock.
        LeaveCache();
        var host = _engine.FindOrTranslate(this, rip, out var fault);
        if (fault)
        {
            _reason = ExitReason.Exception;
        }

        // Found without being in the cache's state: enter it and take what is published then.
        return EnterCache() ? 0 : host;
    }
}
