namespace Xenolith.Translator.Slow;

/// <summary>What a C# execution of one instruction came to.</summary>
internal enum SlowOutcome
{
    /// <summary>The instruction is complete and RIP is behind it.</summary>
    Done,

    /// <summary>Nothing more can be done now, go on at RIP (a <c>rep</c> that stopped after some iterations, a retry).</summary>
    Resume,

    /// <summary>An exception: ExitVector, ExitErrorCode and ExitAddress are set; RIP is the instruction (or behind it for traps).</summary>
    Exception,

    /// <summary>The machine must emulate it; RIP is the instruction.</summary>
    Privileged,

    /// <summary>The engine cannot execute it: the domain fails with the reason in ExitErrorCode.</summary>
    Failed,
}
