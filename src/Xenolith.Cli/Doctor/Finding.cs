namespace Xenolith.Cli.Doctor;

/// <summary>What a check of <c>xl doctor</c> came to.</summary>
internal enum Health
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>A feature is off, for the reason told; domains run without it.</summary>
    Off,

    /// <summary>Domains cannot run, or not as they should.</summary>
    Bad,
}

/// <summary>One line of <c>xl doctor</c>.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="Health">How it is.</param>
/// <param name="Text">What was found, and what it means.</param>
/// <param name="Advice">What to do about it, or null.</param>
internal sealed record Finding(string Subject, Health Health, string Text, string? Advice = null)
{
    /// <summary>The word at the beginning of the line.</summary>
    public string Word => Health switch { Health.Good => "good", Health.Off => "off", _ => "BAD" };
}
