using CsCheck;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using static Xenolith.Abi.PageTableEntry;
using static Xenolith.Tests.Unit.Machine.Mmu.MmuBed;

namespace Xenolith.Tests.Unit.Machine.Mmu;

/// <summary>
/// Random hypercalls on a handful of frames. After each sequence the accounting must be exactly what the tables say: every frame's counts
/// are its mappings, pins and roots, no table is mapped writable, and when all is taken down nothing is left.
/// </summary>
public sealed class HostileMmuTests
{
    private const int Playground = 24;

    private static readonly ulong[] Flags =
        [0, ReadOnly, ReadWrite, ReadOnly | NoExecute, ReadWrite & ~User, Present, ReadWrite | Large, ReadOnly | Available | CacheDisable];

    private static readonly Gen<(int Operation, int Table, int Index, int Target, int Flags)> Step =
        Gen.Select(Gen.Int[0, 15], Gen.Int[0, Playground - 1], Gen.Int[0, 511], Gen.Int[0, Playground - 1], Gen.Int[0, 7]);

    [Fact]
    public void Any_sequence_of_updates_keeps_the_accounts_and_the_rules()
    {
        Step.Array[1, 120].Sample(
            steps =>
            {
                using var bed = new MmuBed();
                foreach (var step in steps)
                {
                    Do(bed, step);
                }

                Check(bed);
                TakeDown(bed);
                CheckNothingIsLeft(bed);
            },
            iter: 300);
    }

    private static void Do(MmuBed bed, (int Operation, int Table, int Index, int Target, int Flags) step)
    {
        var (operation, table, index, target, flags) = step;
        // Few slots, so that entries meet; the L4's Xen slots among them.
        index = index < 300 ? index & 3 : index;
        if ((table is L3 or L2 && index == 0) || (table == L1 && index >= ArgumentPage))
        {
            // The way to the argument pages.
            return;
        }

        switch (operation)
        {
            case <= 6:
                bed.Update((bed.Pointer(table, index, operation == 6 ? MmuUpdate.PtUpdatePreserveAd : 0), bed.Entry(target, Flags[flags])));
                break;
            case 7:
                bed.Update((bed.Pointer(table, index), 0));
                break;
            case 8:
                // The kernel's own mapping of a playground page: read-only or gone, so that it can become a table, or writable.
                bed.Update((bed.Pointer(L1, target), flags < 5 ? bed.Entry(target, ReadOnly) : bed.Entry(target, ReadWrite)));
                break;
            case 9 or 10 or 11:
                bed.Extended((MmuextCommand)(flags & 3), bed.Mfn(table));
                break;
            case 12:
                bed.Extended(MmuextCommand.UnpinTable, bed.Mfn(table));
                break;
            case 13:
                bed.Extended(flags < 4 ? MmuextCommand.NewUserBasePointer : MmuextCommand.ClearPage, bed.Mfn(table));
                break;
            case 14:
                bed.UpdateVa(Address(target), bed.Entry(table, Flags[flags]));
                break;
            default:
                // A plain store of the guest, which only writable mappings allow.
                bed.Vcpu.TryWriteGuest(Address(table, index * 8), bed.Entry(target, Flags[flags]));
                break;
        }
    }

    /// <summary>Compares every frame's counts with the tables, pins and roots.</summary>
    internal static void Check(MmuBed bed)
    {
        var types = new Dictionary<ulong, ulong>();
        var references = new Dictionary<ulong, ulong>();
        for (var pfn = 0; pfn < Pages; pfn++)
        {
            var word = bed.Memory.Table[bed.Mfn(pfn)];
            Count(references, bed.Mfn(pfn), (word & FrameState.Allocated) != 0);
            Count(types, bed.Mfn(pfn), (word & FrameState.Pinned) != 0);
            Count(references, bed.Mfn(pfn), (word & FrameState.Pinned) != 0);
            if (bed.Type(pfn) is >= FrameType.L1 and <= FrameType.L4 and var type)
            {
                Assert.True(bed.Flags(pfn).HasFlag(FrameFlags.PageTable));
                CountEntries(bed, pfn, (int)type, types, references);
            }
            else
            {
                Assert.False(bed.Flags(pfn).HasFlag(FrameFlags.PageTable));
            }
        }

        foreach (var root in bed.Domain.Vcpus.SelectMany(v => new[] { v.KernelRootMfn, v.UserRootMfn }))
        {
            Count(types, root, root != 0);
            Count(references, root, root != 0);
        }

        for (var pfn = 0; pfn < Pages; pfn++)
        {
            var (mfn, word) = (bed.Mfn(pfn), bed.Memory.Table[bed.Mfn(pfn)]);
            Assert.Equal(types.GetValueOrDefault(mfn), word & FrameState.TypeCountMask);
            Assert.Equal(references.GetValueOrDefault(mfn), (word & FrameState.ReferenceCountMask) / FrameState.OneReference);
        }
    }

    private static void CountEntries(MmuBed bed, int pfn, int level, Dictionary<ulong, ulong> types, Dictionary<ulong, ulong> references)
    {
        for (var index = 0; index < EntriesPerTable; index++)
        {
            var entry = bed.Word(pfn, index);
            var target = FrameOf(entry);
            if ((entry & Present) == 0 || (level == 4 && index is >= FirstXenSlot and <= LastXenSlot))
            {
                continue;
            }

            var targetType = bed.Domain.Mmu.Types.TypeAt(target);
            if (level == 1)
            {
                Assert.False((entry & Writable) != 0 && targetType != FrameType.Writable, $"entry {entry:x} maps a {targetType} frame writable");
                Count(references, target, true);
                Count(types, target, (entry & Writable) != 0);
            }
            else if (target != bed.Mfn(pfn))
            {
                Assert.True(targetType == (FrameType)(level - 1) || (targetType == (FrameType)level && (entry & Writable) == 0));
                Count(references, target, true);
                Count(types, target, true);
            }
        }
    }

    /// <summary>Unpins and unhangs all that a sequence made.</summary>
    internal static void TakeDown(MmuBed bed)
    {
        Assert.Equal(0, bed.Extended(MmuextCommand.NewUserBasePointer, 0));
        for (var pfn = FirstFree; pfn < Playground; pfn++)
        {
            bed.Extended(MmuextCommand.UnpinTable, bed.Mfn(pfn));
        }

        // Entries of the bed's own tables that the sequence made; the way to the arguments stays.
        for (var index = 0; index < EntriesPerTable; index++)
        {
            if (index != 272 && index is < FirstXenSlot or > LastXenSlot)
            {
                bed.Update((bed.Pointer(L4, index), 0));
            }

            if (index != 0)
            {
                bed.Update((bed.Pointer(L3, index), 0));
                bed.Update((bed.Pointer(L2, index), 0));
            }
        }
    }

    private static void CheckNothingIsLeft(MmuBed bed)
    {
        for (var pfn = FirstFree; pfn < Playground; pfn++)
        {
            Assert.True(bed.Type(pfn) is FrameType.None or FrameType.Writable, $"guest frame {pfn} is still {bed.Type(pfn)}");
        }

        Check(bed);
    }

    private static void Count(Dictionary<ulong, ulong> counts, ulong mfn, bool does)
    {
        if (does)
        {
            counts[mfn] = counts.GetValueOrDefault(mfn) + 1;
        }
    }
}
