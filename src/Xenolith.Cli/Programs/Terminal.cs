namespace Xenolith.Cli.Programs;

/// <summary>Where a program's words go.</summary>
/// <param name="Out">Results; scripts read them.</param>
/// <param name="Error">Messages for people.</param>
public sealed record Terminal(Output Out, Output Error)
{
    /// <summary>The process's own stdout and stderr.</summary>
    public static Terminal OfProcess() => new(new Output(1, immediate: false), new Output(2, immediate: true));
}
