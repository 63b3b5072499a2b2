using System.Collections.Immutable;

namespace Xenolith.Cli.Commands;

/// <summary>One command of a program: what help, dispatch, completion and the man page know about it.</summary>
/// <param name="Name">The word after the program's name.</param>
/// <param name="Synopsis">Its arguments as help shows them.</param>
/// <param name="Summary">What it does, one line.</param>
public sealed record Command(string Name, string Synopsis, string Summary)
{
    /// <summary>Its options; <c>-h</c> and <c>--help</c> are always there.</summary>
    public ImmutableArray<Option> Options { get; init; } = [];

    /// <summary>How many arguments it needs at least.</summary>
    public int Least { get; init; }

    /// <summary>Whether it changes something, so that the global <c>-f</c> means something to it.</summary>
    public bool Modifies { get; init; }

    /// <summary>Whether the global <c>-N</c> (dry run) works.</summary>
    public bool CanDryRun { get; init; }

    /// <summary>Does it, and returns the exit code; null when there is nothing to do it with.</summary>
    public Func<Invocation, int>? Run { get; init; }

    /// <summary>Why it does nothing here, when <see cref="Run"/> is null.</summary>
    public string? Absence { get; init; }

    /// <summary>More lines for help, after the options.</summary>
    public string? Notes { get; init; }
}
