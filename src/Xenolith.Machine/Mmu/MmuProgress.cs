using Xenolith.Abi;

namespace Xenolith.Machine.Mmu;

/// <summary>How far a batch of MMU operations has come: a guest may be interrupted in one, and is told how many were done. On the calling vCPU's thread.</summary>
/// <param name="Count">Operations still to do.</param>
/// <param name="DoneAddress">Where the guest wants to be told; 0 for nowhere.</param>
/// <param name="DoneBefore">Operations done before an interruption.</param>
internal readonly record struct MmuProgress(uint Count, ulong DoneAddress, uint DoneBefore)
{
    /// <summary>Reads what a call says of itself.</summary>
    /// <param name="vcpu">The caller.</param>
    /// <param name="count">The count, with the mark of a call that goes on.</param>
    /// <param name="doneAddress">Where the guest wants to be told.</param>
    public static MmuProgress Of(Vcpu vcpu, uint count, ulong doneAddress)
    {
        uint before = 0;
        if ((count & MmuUpdate.Preempted) != 0 && doneAddress != 0 && !vcpu.TryReadGuest(doneAddress, out before))
        {
            before = 0;
        }

        return new(count & ~MmuUpdate.Preempted, doneAddress, before);
    }

    /// <summary>Tells the guest how many were done.</summary>
    public void Tell(Vcpu vcpu, uint done)
    {
        if (DoneAddress != 0)
        {
            vcpu.TryWriteGuest(DoneAddress, DoneBefore + done);
        }
    }
}
