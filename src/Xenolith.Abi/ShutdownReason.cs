namespace Xenolith.Abi;

/// <summary>Why a domain shut down: SHUTDOWN_* of public/sched.h.</summary>
public enum ShutdownReason
{
    /// <summary>Clean, wants to end.</summary>
    Poweroff = 0,

    /// <summary>Clean, wants a new start.</summary>
    Reboot = 1,

    /// <summary>Suspended itself for save or migration.</summary>
    Suspend = 2,

    /// <summary>Crashed, or told us that it did.</summary>
    Crash = 3,

    /// <summary>Its watchdog expired.</summary>
    Watchdog = 4,

    /// <summary>Asks for its state in Xen to be reset (kexec).</summary>
    SoftReset = 5,
}
