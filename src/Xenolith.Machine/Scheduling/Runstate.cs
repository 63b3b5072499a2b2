namespace Xenolith.Machine.Scheduling;

/// <summary>RUNSTATE_* of public/vcpu.h.</summary>
public enum Runstate
{
    /// <summary>Has a processor.</summary>
    Running = 0,

    /// <summary>Would like one.</summary>
    Runnable = 1,

    /// <summary>Waits for an event.</summary>
    Blocked = 2,

    /// <summary>Down or paused.</summary>
    Offline = 3,
}
