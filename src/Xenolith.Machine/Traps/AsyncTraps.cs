namespace Xenolith.Machine.Traps;

/// <summary>NMIs: delivered outside the event mechanism, masked from delivery to the iret that ends them (design 4.2 rule 13).</summary>
internal static class AsyncTraps
{
    /// <summary>Enters the guest's NMI handler; without one the NMI is lost.</summary>
    public static void DeliverNmi(Vcpu vcpu)
    {
        vcpu.NmiPending = false;
        ref var trap = ref vcpu.TrapTable[Exceptions.Nmi];
        if (trap.Address != 0)
        {
            vcpu.NmiMasked = true;
            BounceFrame.Enter(vcpu, trap.Address, trap.MasksEvents, null);
        }
    }
}
