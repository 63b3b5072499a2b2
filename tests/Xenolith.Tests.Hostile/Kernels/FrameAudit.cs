using Xenolith.Abi;
using Xenolith.Machine;
using Xenolith.Machine.Memory;
using static Xenolith.Machine.Memory.FrameState;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>
/// Counts anew who refers to each frame of a paused domain, and compares with what the machine counted while it ran: each reference that was taken and
/// not given back, or given back twice, shows.
/// </summary>
internal sealed class FrameAudit
{
    private readonly Domain _domain;
    private readonly DomainMemory _memory;
    private readonly Dictionary<ulong, (long References, long Types)> _found = [];

    private FrameAudit(Domain domain)
    {
        _domain = domain;
        _memory = domain.Memory;
    }

    /// <summary>The frames whose books do not balance, in words; none if all do.</summary>
    /// <param name="domain">A domain that is paused and has no backends.</param>
    public static IReadOnlyList<string> Of(Domain domain) => new FrameAudit(domain).Compare();

    private List<string> Compare()
    {
        foreach (var vcpu in _domain.Vcpus)
        {
            NoteTable(vcpu.KernelRootMfn);
            NoteTable(vcpu.UserRootMfn);
            foreach (var mfn in vcpu.Descriptors.Gdt)
            {
                NoteTable(mfn);
            }

            foreach (var mfn in vcpu.Descriptors.Ldt)
            {
                NoteTable(mfn);
            }

            // A vcpu_info that was moved into the guest's own memory.
            var page = (ulong)(vcpu.Info - _memory.Frames.PageOf(MachineLayout.RamMfn)) >> 12;
            if (page < _memory.WindowPages)
            {
                Note(MachineLayout.RamMfn + page, 1, 1);
            }
        }

        foreach (var mfn in _domain.Events.HeldFrames)
        {
            Note(mfn, 1, 1);
        }

        foreach (var mapping in _domain.Grants.Maps.Held())
        {
            Note(mapping.Mfn, 1, mapping.Writable ? 1 : 0);
        }

        ForEach((mfn, word) =>
        {
            Note(mfn, (word & Allocated) != 0 ? 1 : 0, 0);
            if ((word & Pinned) != 0)
            {
                Note(mfn, 1, 1);
            }

            var type = TypeOf(word);
            if ((word & TypeCountMask) != 0 && (word & Validated) != 0 && type is >= FrameType.L1 and <= FrameType.L4)
            {
                NoteEntries(mfn, (int)type);
            }
        });
        var wrong = new List<string>();
        var unseen = 1; // PHYSDEVOP_pirq_eoi_gmfn keeps a frame, and not its number
        ForEach((mfn, word) =>
        {
            var (references, types) = _found.GetValueOrDefault(mfn);
            var counted = (References: (long)((word & ReferenceCountMask) >> 26), Types: (long)(word & TypeCountMask));
            if (counted == (references + 1, types + 1) && TypeOf(word) == FrameType.Writable && unseen > 0)
            {
                unseen--;
                return;
            }

            if (counted != (references, types) || (word & Locked) != 0 || ((word & TypeCountMask) != 0 && (word & Validated) == 0))
            {
                wrong.Add($"frame {mfn:x}: word {word:x} ({TypeOf(word)}) counts {counted}, but {(references, types)} were found");
            }
        });
        return wrong;
    }

    private void ForEach(Action<ulong, ulong> look)
    {
        for (var mfn = MachineLayout.RamMfn; mfn < MachineLayout.RamMfn + _memory.WindowPages; mfn++)
        {
            look(mfn, Volatile.Read(ref _memory.Table[mfn]));
        }
    }

    private void NoteEntries(ulong table, int level)
    {
        for (var index = 0; index < PageTableEntry.EntriesPerTable; index++)
        {
            var entry = _domain.Mmu.Types.Entry(table, index);
            if ((entry & PageTableEntry.Present) == 0 || Machine.Mmu.EntryRules.IsXenSlot(level, index))
            {
                continue;
            }

            var mfn = PageTableEntry.FrameOf(entry);
            if (level > 1)
            {
                // A linear entry of a table to itself counts nothing.
                Note(mfn, mfn == table ? 0 : 1, mfn == table ? 0 : 1);
            }
            else
            {
                Note(mfn, 1, (entry & PageTableEntry.Writable) != 0 ? 1 : 0);
            }
        }
    }

    private void NoteTable(ulong mfn)
    {
        if (mfn != 0)
        {
            Note(mfn, 1, 1);
        }
    }

    private void Note(ulong mfn, long references, long types)
    {
        var (r, t) = _found.GetValueOrDefault(mfn);
        _found[mfn] = (r + references, t + types);
    }
}
