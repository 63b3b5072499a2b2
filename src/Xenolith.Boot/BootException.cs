namespace Xenolith.Boot;

/// <summary>
/// A kernel, ramdisk or memory size that no domain can be started from. The message names the thing, the cause and the next step,
/// and is shown to the person as it is.
/// </summary>
public sealed class BootException : Exception
{
    /// <summary>Makes an error from its three parts.</summary>
    /// <param name="thing">What was refused: a file's name with its role, a memory size.</param>
    /// <param name="cause">Why, without a full stop.</param>
    /// <param name="nextStep">What to do about it, a sentence without a full stop.</param>
    /// <param name="inner">The decoder's or the system's own error, if there was one.</param>
    public BootException(string thing, string cause, string nextStep, Exception? inner = null)
        : base($"{thing}: {cause}. {nextStep}.", inner)
    {
        Thing = thing;
        Cause = cause;
        NextStep = nextStep;
    }

    /// <summary>What was refused.</summary>
    public string Thing { get; }

    /// <summary>Why.</summary>
    public string Cause { get; }

    /// <summary>What to do about it.</summary>
    public string NextStep { get; }

    /// <summary>The same error about a better-named thing: decoders know "payload", their caller knows the file.</summary>
    public BootException About(string thing) => new(thing, Cause, NextStep, InnerException);
}
