namespace Xenolith.Config;

/// <summary>The kinds of guests of xl.cfg(5).</summary>
public enum DomainType
{
    /// <summary>Paravirtualised: the kernel asks the hypervisor for everything.</summary>
    Pv,

    /// <summary>A PV-like guest in hardware virtualisation.</summary>
    Pvh,

    /// <summary>A whole emulated machine.</summary>
    Hvm,
}
