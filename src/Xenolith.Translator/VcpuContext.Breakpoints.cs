using Xenolith.Engine;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;

namespace Xenolith.Translator;

/// <summary>
/// Hardware breakpoints. A page with watched data is in the soft TLB for no access that could hit, so these come to C#, which compares addresses and raises
/// #DB behind the instruction. While an instruction's address is watched, this vCPU runs translations of a mode of their own, in which every address that
/// is, or was, watched by any vCPU is a block that leaves; RF in RFLAGS takes it over that address, one instruction at a time.
/// <para>Thread ownership: the vCPU's own thread.</para>
/// </summary>
internal sealed partial class VcpuContext
{
    private const ulong TrapFlag = 0x100, ResumeFlag = 0x10000;
    private const uint SingleStepStatus = 1 << 14;
    private readonly Breakpoints _breakpoints = new();

    // What the instruction under way touched; and what a load of SS touched, which is told behind the instruction after it.
    private uint _hits, _heldHits;

    /// <summary>True if the instruction under way touched watched data: a repeated one stops.</summary>
    public bool HasHits => _hits != 0;

    /// <summary>What translations depend on now.</summary>
    public BlockMode Mode => (Stepping ? BlockMode.SingleStep : _breakpoints.AnyExecute ? BlockMode.Watching : 0)
        | (Registers.TaskSwitched != 0 ? BlockMode.TaskSwitched : 0);

    private bool Stepping => Trapping || _heldHits != 0 || ((Registers.Rflags & ResumeFlag) != 0 && _breakpoints.AnyExecute);

    /// <summary>Takes new debug registers.</summary>
    public void SetBreakpoints(ReadOnlySpan<ulong> addresses, ulong control)
    {
        var before = _breakpoints.Addresses(data: false);
        _breakpoints.Set(addresses, control);
        foreach (var address in _breakpoints.Addresses(data: true))
        {
            Kernel.FlushPage(address);
            User.FlushPage(address);
        }

        _engine.WatchInstructions(before, _breakpoints.Addresses(data: false));
        if ((before.Count != 0) != _breakpoints.AnyExecute)
        {
            // Landings compare RIP only: those of the other mode must not be found.
            Kernel.FlushHash();
            User.FlushHash();
            ForgetReturns();
        }
    }

    /// <summary>True if a repeated instruction may access only one element of the address's page at a time.</summary>
    public bool WatchesPage(ulong address) => _breakpoints.AnyData && _breakpoints.WatchesPage(address, write: true);

    /// <summary>To be called for every access of an instruction that is executed in C#, whether or not it will succeed.</summary>
    public void NoteAccess(ulong address, int size, bool write)
    {
        if (_breakpoints.AnyData)
        {
            _hits |= _breakpoints.Touched(address, size, write);
        }
    }

    // Before an instruction that runs alone. True if it must not run: #DB is set.
    private bool StopsAt(ulong rip)
    {
        if (!_breakpoints.AnyExecute || (Registers.Rflags & ResumeFlag) != 0)
        {
            return false;
        }

        var hits = _breakpoints.At(rip);
        if (hits == 0)
        {
            return false;
        }

        RaiseDebug(hits);
        return true;
    }

    // A block of the Watching mode left before an instruction: stop there, or step over it.
    private nint Watched()
    {
        if (!StopsAt(Registers.Rip))
        {
            Registers.Rflags |= ResumeFlag;
        }

        return 0;
    }

    private bool Trapping => (Registers.Rflags & TrapFlag) != 0;

    // Behind an instruction that ran alone, RIP already behind it; with what TF was before it.
    private void Step(uint hits, bool trap)
    {
        var status = hits | _heldHits | (trap ? SingleStepStatus : 0);
        Registers.Rflags &= ~ResumeFlag;
        _heldHits = 0;
        if (status != 0)
        {
            RaiseDebug(status);
        }
    }

    // At each end of a run. RF stays for an instruction that has not run to its end.
    private ExitReason Leaving(ExitReason reason)
    {
        LeaveCache();
        if (reason is not (ExitReason.Interrupted or ExitReason.Exception))
        {
            Registers.Rflags &= ~ResumeFlag;
            _heldHits = 0;
        }
        else if (reason == ExitReason.Exception)
        {
            // As on the processor, an exception of the instruction behind a load of SS is told, and what the load touched is lost.
            _heldHits = 0;
        }

        return reason;
    }
}
