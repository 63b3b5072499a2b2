namespace Xenolith.Abi;

/// <summary>CALLBACKTYPE_* of public/callback.h.</summary>
public static class CallbackType
{
    /// <summary>Event delivery.</summary>
    public const int Event = 0;

    /// <summary>A segment register could not be loaded on the way back to the guest.</summary>
    public const int Failsafe = 1;

    /// <summary>SYSCALL from 64-bit user mode.</summary>
    public const int Syscall = 2;

    /// <summary>NMI.</summary>
    public const int Nmi = 4;

    /// <summary>SYSENTER from user mode.</summary>
    public const int Sysenter = 5;

    /// <summary>SYSCALL from 32-bit user mode.</summary>
    public const int Syscall32 = 7;
}
