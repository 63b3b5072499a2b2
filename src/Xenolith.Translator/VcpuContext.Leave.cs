using Iced.Intel;
using Xenolith.Engine;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Emit;
using Xenolith.Translator.Fault;
using Xenolith.Translator.Slow;

namespace Xenolith.Translator;

/// <summary>Instructions that leave their block, and faults of emitted code.</summary>
internal sealed partial class VcpuContext
{
    private const int Sites = 512;
    private readonly SingleInstruction _single = new();
    private readonly SlowSite[] _sites = new SlowSite[Sites];
    private readonly int[] _slowCounts = new int[4096];

    /// <summary>How often each instruction was executed in C#.</summary>
    public IEnumerable<(Mnemonic Mnemonic, long Count)> SlowByMnemonic()
    {
        for (var i = 0; i < _slowCounts.Length; i++)
        {
            if (_slowCounts[i] != 0)
            {
                yield return ((Mnemonic)i, (uint)_slowCounts[i]);
            }
        }
    }

    // A decoded instruction of a block: its bytes cannot change while the block lives, so the key says whether it is good.
    private struct SlowSite
    {
        public long Key;
        public Instruction Instruction;
        public InstructionBytes Bytes;
    }

    [System.Runtime.CompilerServices.InlineArray(15)]
    private struct InstructionBytes
    {
        private byte _first;
    }


    private nint Leave()
    {
        var (block, info) = Site();
        ref var row = ref TakeRow(block, info);
        ref var registers = ref Registers;
        registers.ExitInstructionLength = row.Length;
        var next = registers.Rip + row.Length;
        switch ((LeaveReason)SiteInfo.Detail(info))
        {
            case LeaveReason.Slow:
                return ExecuteSlowly(block, SiteInfo.Row(info));
            case LeaveReason.Privileged:
                _reason = ExitReason.Privileged;
                return 0;
            case LeaveReason.Syscall:
                registers.Rip = next;
                _reason = registers.KernelMode != 0 ? ExitReason.Hypercall : ExitReason.Syscall;
                return 0;
            case LeaveReason.Sysenter:
                registers.Rip = next;
                _reason = ExitReason.Sysenter;
                return 0;
            case LeaveReason.SoftwareInterrupt:
                if (!Fetch(registers.Rip))
                {
                    return 0;
                }

                registers.ExitVector = (uint)_single.Instruction.GetImmediate(0) & 0xff;
                _reason = ExitReason.SoftwareInterrupt;
                return 0;
            case LeaveReason.Breakpoint:
                registers.Rip = next;
                registers.Rflags &= ~ResumeFlag;
                Raise(3, 0);
                return 0;
            case LeaveReason.DebugTrap:
                registers.Rip = next;
                RaiseDebug(0);
                return 0;
            case LeaveReason.SingleStep:
                registers.Rip = next;
                Step(0, Trapping);
                return 0;
            case LeaveReason.Watched:
                return Watched();
            case LeaveReason.NotAvailable:
                Raise(7, 0);
                return 0;
            default:
                Raise(6, 0);
                return 0;
        }
    }

    private void Raise(uint vector, uint errorCode)
    {
        Registers.ExitVector = vector;
        Registers.ExitErrorCode = errorCode;
        Registers.ExitAddress = 0;
        _reason = ExitReason.Exception;
    }

    private ExitReason Fail(string why)
    {
        _engine.Log(this, why);
        Registers.ExitErrorCode = 1;
        return ExitReason.Failed;
    }

    // Executes the instruction of a row in C# and goes on behind it, in the same block if that is still right. It counts as emitted code meanwhile: who takes
    // write access to a frame away waits for a store that was translated before. Slow instructions leave that state before they wait for a lock.
    private nint ExecuteSlowly(int block, int row)
    {
        _slowInstructions++;
        ref var site = ref _sites[((block * 31) + row) & (Sites - 1)];
        var key = ((long)(_cache.Generation + 1) << 48) | ((long)block << 16) | (uint)row;
        var mode = _cache.Blocks[block].Mode;
        if (site.Key != key)
        {
            if (!Fetch(Registers.Rip))
            {
                return 0;
            }

            site.Key = key;
            site.Instruction = _single.Instruction;
            _single.Bytes.CopyTo(site.Bytes);
        }

        _slowCounts[(int)site.Instruction.Mnemonic]++;
        var stepping = (mode & Analyse.BlockMode.SingleStep) != 0;
        var next = site.Instruction.NextIP;
        var trap = Trapping;
        _hits = 0;
        var (generation, obeyed) = (_cache.Generation, _obeyed);
        var outcome = SlowInstructions.Execute(this, site.Instruction, site.Bytes[..site.Instruction.Length]);
        EndSlowStores();
        PublishNotedStores();

        switch (outcome)
        {
            case SlowOutcome.Done when _hits != 0 && LoadsStackSegment(site.Instruction):
                // No #DB comes between a load of SS and the instruction behind it.
                Registers.Rflags &= ~ResumeFlag;
                _heldHits |= _hits;
                return 0;
            case SlowOutcome.Done when stepping || _hits != 0:
                Step(_hits, trap);
                return 0;
            case SlowOutcome.Resume when _hits != 0:
                RaiseDebug(_hits);
                return 0;
            case SlowOutcome.Done:
                return Registers.Rip == next ? GoOnBehind(block, row, mode, generation, obeyed) : 0;
            case SlowOutcome.Resume:
                return 0;
            case SlowOutcome.Exception:
                _reason = ExitReason.Exception;
                return 0;
            case SlowOutcome.Privileged:
                _reason = ExitReason.Privileged;
                return 0;
            default:
                _reason = Fail($"cannot execute '{site.Instruction}' at {Registers.Rip:x}");
                return 0;
        }
    }

    private static bool LoadsStackSegment(in Instruction instruction)
        => instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Pop && instruction.Op0Kind == OpKind.Register && instruction.Op0Register == Register.SS;

    private nint GoOnBehind(int block, int row, Analyse.BlockMode mode, int generation, int obeyed)
    {
        // The instruction may have left the cache and come back: then another vCPU may have emptied it, or taken translations away that runs of accesses rely on.
        if (EnterCache() || Mode != (mode & ~Analyse.BlockMode.Apart) || _cache.Generation != generation || _obeyed != obeyed)
        {
            return 0;
        }

        ref var found = ref _cache.Blocks[block];
        if (found.Dead || row + 1 >= found.RowCount)
        {
            return 0;
        }

        ref var next = ref _cache.Rows[found.FirstRow + row + 1];
        return (next.Flags & CodeRow.NoEntry) != 0 ? 0 : ReenterAt(block, next);
    }

    // Decodes the instruction at an address, which may lie on two pages.
    private bool Fetch(ulong rip)
    {
        if (!_engine.TryFetchPage(this, rip, out _, out var page))
        {
            _reason = ExitReason.Exception;
            return false;
        }

        if (!_single.Decode(rip, page, 0))
        {
            if (!_engine.TryFetchPage(this, (rip + 4095) & ~4095UL, out _, out var second))
            {
                _reason = ExitReason.Exception;
                return false;
            }

            _single.Decode(rip, page, second);
        }

        return true;
    }

    private nint Signal()
    {
        var offset = _cache.OffsetOf((nint)Slot(State.FaultRip));
        var block = _cache.FindByHost(offset);
        if (block < 0)
        {
            _reason = Fail($"fault {Slot(State.FaultTrap)} at {Slot(State.FaultAddress):x} outside any block, offset {offset:x} of the code cache");
            return 0;
        }

        ref var row = ref _cache.Rows[_cache.Blocks[block].FirstRow + _cache.RowOf(block, offset)];
        Registers.Rip = _cache.Blocks[block].Rip + row.Offset;
        Registers.ExitInstructionLength = row.Length;
        var polled = Slot(State.FaultTrap) == 14 && Slot(State.FaultAddress) == (ulong)BadPollAddress;
        TakeFlags((row.Flags & (CodeRow.HostFlags | CodeRow.SlotFlags)) == CodeRow.SlotFlags || (!polled && (row.Flags & CodeRow.SlotAtOperation) != 0));
        if (!polled && (row.Flags & CodeRow.SpilledAtOperation) != 0)
        {
            Registers.Rax = Slot(State.SpillRax);
            Registers.Rdx = Slot(State.SpillRdx);
        }

        switch (Slot(State.FaultTrap))
        {
            case 14 when polled:
                // A kick or a request: the loop's head deals with both.
                Interlocked.Increment(ref _polls);
                if (!_kicked && !_hasRequests)
                {
                    Volatile.Write(ref Slot(State.Poll), (ulong)_poll);
                    if (_kicked || _hasRequests)
                    {
                        Volatile.Write(ref Slot(State.Poll), (ulong)BadPollAddress);
                    }
                }

                return ReenterAt(block, row);
            case 0 or 6 or 16 or 19:
                Raise((uint)Slot(State.FaultTrap), 0);
                return 0;
            case 13 or 12:
                Raise((uint)Slot(State.FaultTrap), 0);
                return 0;
            default:
                _reason = Fail($"host fault {Slot(State.FaultTrap)} (signal {Slot(State.FaultSignal)}) at {Slot(State.FaultAddress):x} for guest RIP {Registers.Rip:x}: "
                    + "the domain's memory cannot be reached; is the host out of memory?");
                return 0;
        }
    }
}
