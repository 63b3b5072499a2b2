using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>The bytes of a held L1 table that an emulated instruction writes: all or part of one entry.</summary>
internal readonly struct TableWriteTarget(PageTypes types, ulong tableMfn, ulong address, int size)
{
    private readonly int _index = (int)(address >> 3) & (PageTableEntry.EntriesPerTable - 1);
    private readonly int _shift = (int)(address & 7) * 8;
    private readonly ulong _mask = TableWriteArithmetic.MaskOf(size);

    /// <summary>What came of a compare-and-exchange.</summary>
    public enum Outcome
    {
        /// <summary>The new value is in force.</summary>
        Done,

        /// <summary>The entry had changed meanwhile: compute again.</summary>
        Changed,

        /// <summary>The new value is no entry that the guest may have.</summary>
        Refused,
    }

    /// <summary>The whole entry.</summary>
    public ulong ReadEntry() => Volatile.Read(ref types.Entry(tableMfn, _index));

    /// <summary>The operand's part of an entry.</summary>
    public ulong OperandOf(ulong entry) => (entry >> _shift) & _mask;

    /// <summary>Stores the operand unconditionally; false if the guest may not have the resulting entry.</summary>
    public bool TryStore(ulong operand)
    {
        if (size == sizeof(ulong))
        {
            return types.Update(tableMfn, 1, _index, operand, preserveAccessed: false) == 0;
        }

        while (true)
        {
            var outcome = Replace(ReadEntry(), operand);
            if (outcome != Outcome.Changed)
            {
                return outcome == Outcome.Done;
            }
        }
    }

    /// <summary>Stores the operand if the entry still is what the caller read.</summary>
    public Outcome Replace(ulong entry, ulong operand)
    {
        var value = (entry & ~(_mask << _shift)) | ((operand & _mask) << _shift);
        return types.CompareExchange(tableMfn, _index, entry, value, out var seen) != 0 ? Outcome.Refused
            : seen == entry ? Outcome.Done : Outcome.Changed;
    }
}
