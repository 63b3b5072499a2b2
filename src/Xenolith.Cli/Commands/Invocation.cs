using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Commands;

/// <summary>One use of a command: its options and arguments, and where its words go.</summary>
/// <param name="Program">The program's name, <c>xl</c> or <c>xm</c>.</param>
/// <param name="Command">The command.</param>
/// <param name="Globals">Options before it.</param>
/// <param name="Options">Its own options in the order given, by <see cref="Option.Name"/>, with their values.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Terminal">Where its words go.</param>
/// <param name="Services">What it acts on.</param>
public sealed record Invocation(
    string Program,
    Command Command,
    GlobalOptions Globals,
    IReadOnlyList<(string Name, string? Value)> Options,
    IReadOnlyList<string> Arguments,
    Terminal Terminal,
    Services Services)
{
    /// <summary>Whether option <paramref name="name"/> was given.</summary>
    public bool Has(string name) => Count(name) > 0;

    /// <summary>How often it was given.</summary>
    public int Count(string name) => Options.Count(option => option.Name == name);

    /// <summary>The value it was last given with, or null.</summary>
    public string? Value(string name) => Options.LastOrDefault(option => option.Name == name).Value;

    /// <summary>Tells something that only <c>-v</c> asks for.</summary>
    /// <param name="message">What is done.</param>
    /// <param name="verbosity">How often <c>-v</c> must have been given.</param>
    public void Detail(string message, int verbosity = 1)
    {
        if (Globals.Verbosity >= verbosity)
            Terminal.Error.Line($"{Program}: debug: {message}");
    }

    /// <summary>Says why the command failed.</summary>
    /// <returns><paramref name="code"/>.</returns>
    public int Fail(string message, int code = ExitCode.Failure)
    {
        Terminal.Error.Line(message);
        return code;
    }

    /// <summary>Shows how the command is used, as after a wrong command line.</summary>
    /// <returns><see cref="ExitCode.Usage"/>.</returns>
    public int Misused(string message)
    {
        Terminal.Error.Line(message + "\n");
        Terminal.Out.Write(Help.Of(Program, Command));
        return ExitCode.Usage;
    }
}
