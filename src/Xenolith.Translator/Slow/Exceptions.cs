namespace Xenolith.Translator.Slow;

/// <summary>Vectors that slow instructions raise, and how.</summary>
internal static class Exceptions
{
    /// <summary>#DE.</summary>
    public const uint DivideError = 0;

    /// <summary>#UD.</summary>
    public const uint InvalidOpcode = 6;

    /// <summary>#NM.</summary>
    public const uint DeviceNotAvailable = 7;

    /// <summary>#SS.</summary>
    public const uint StackFault = 12;

    /// <summary>#GP.</summary>
    public const uint GeneralProtection = 13;

    /// <summary>#MF.</summary>
    public const uint FloatingPoint = 16;

    /// <summary>#AC.</summary>
    public const uint AlignmentCheck = 17;

    /// <summary>#XM.</summary>
    public const uint SimdFloatingPoint = 19;

    /// <summary>Fills the exit fields; RIP must be the instruction's.</summary>
    public static SlowOutcome Raise(VcpuContext vcpu, uint vector, uint errorCode)
    {
        ref var registers = ref vcpu.Registers;
        registers.ExitVector = vector;
        registers.ExitErrorCode = errorCode;
        registers.ExitAddress = 0;
        return SlowOutcome.Exception;
    }

    /// <summary>#DB of TF inside a repeated instruction: RIP stays at the instruction.</summary>
    public static SlowOutcome RaiseSingleStep(VcpuContext vcpu)
    {
        const uint debug = 1, singleStep = 1 << 14;
        vcpu.Registers.ExitDebugStatus = singleStep;
        return Raise(vcpu, debug, 0);
    }
}
