namespace Xenolith.Machine;

/// <summary>NMI state.</summary>
public sealed partial class Vcpu
{
    private volatile bool _nmiPending;

    /// <summary>An NMI waits. Set by any thread through <see cref="RaiseNmi"/>.</summary>
    internal bool NmiPending
    {
        get => _nmiPending;
        set => _nmiPending = value;
    }

    /// <summary>From an NMI's delivery to the next iret.</summary>
    internal bool NmiMasked
    {
        get => Registers.Entry.NmiReady == 0;
        set => Registers.Entry.NmiReady = Published(!value);
    }

    /// <summary>Sends an NMI (VCPUOP_send_nmi, the watchdog, sysrq by an operator). Any thread.</summary>
    public void RaiseNmi()
    {
        _nmiPending = true;
        Attend();
    }
}
