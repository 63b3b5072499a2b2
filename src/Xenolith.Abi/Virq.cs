namespace Xenolith.Abi;

/// <summary>Virtual interrupts (VIRQ_* of public/xen.h).</summary>
public static class Virq
{
    /// <summary>A vCPU's timers.</summary>
    public const int Timer = 0;

    /// <summary>Asks the guest to dump its state (xl debug-keys).</summary>
    public const int Debug = 1;

    /// <summary>Numbers from here on do not exist.</summary>
    public const int Count = 24;

    /// <summary>True for those that each vCPU binds for itself.</summary>
    public static bool IsPerVcpu(int virq) => virq is Timer or Debug or 7 or 13;
}
