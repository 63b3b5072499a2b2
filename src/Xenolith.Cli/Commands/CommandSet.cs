using System.Collections.Immutable;
using Xenolith.Cli.Programs;
using Xenolith.Config.Keys;

namespace Xenolith.Cli.Commands;

/// <summary>A program made of commands: finds the one meant, sorts its options, runs it.</summary>
/// <param name="Program">The program's name.</param>
/// <param name="Commands">Its commands in the order of help.</param>
public sealed record CommandSet(string Program, ImmutableArray<Command> Commands)
{
    /// <summary>Runs the program.</summary>
    /// <param name="words">The command line without the program's name.</param>
    /// <param name="terminal">Where its words go.</param>
    /// <param name="services">What commands act on.</param>
    /// <returns>The exit code.</returns>
    public int Run(IReadOnlyList<string> words, Terminal terminal, Services services)
    {
        if (!TryGlobals(words, terminal, out var globals, out var at, out var code))
            return code;
        if (at == words.Count)
        {
            terminal.Out.Write(Help.OfAll(Program, Commands));
            return ExitCode.Failure;
        }

        if (words[at] == "help")
            return HelpOn(at + 1 < words.Count ? words[at + 1] : null, terminal);
        if (Find(words[at]) is not { } command)
            return Unknown(words[at], terminal);
        return Run(command, words.Skip(at + 1).ToList(), globals, terminal, services);
    }

    /// <summary>The command called <paramref name="name"/>, or the only one whose name begins so.</summary>
    public Command? Find(string name)
    {
        Command? found = null;
        var count = 0;
        foreach (var command in Commands)
        {
            if (command.Name == name)
                return command;
            if (command.Name.StartsWith(name, StringComparison.Ordinal))
                (found, count) = (command, count + 1);
        }

        return count == 1 && name.Length > 0 ? found : null;
    }

    private int Run(Command command, List<string> words, GlobalOptions globals, Terminal terminal, Services services)
    {
        var parsed = OptionParser.Parse(words, command.Options);
        var invocation = new Invocation(Program, command, globals, parsed.Options, parsed.Arguments, terminal, services);
        if (parsed.Problem is not null)
            return invocation.Fail($"{parsed.Problem}; see `{Program} help {command.Name}'.", ExitCode.Usage);
        if (invocation.Has(OptionParser.HelpName))
        {
            terminal.Out.Write(Help.Of(Program, command));
            return ExitCode.Success;
        }

        if (globals.Timestamps)
            terminal.Error.LinePrefix = GlobalOptions.Stamp;
        if (globals.DryRun && !command.CanDryRun)
            return invocation.Fail($"`{Program} {command.Name}' has no dry run; leave out -N.");
        if (command.Run is null)
            return invocation.Fail($"`{Program} {command.Name}' is not available: {command.Absence}.");
        if (parsed.Arguments.Count < command.Least)
            return invocation.Misused($"'{Program} {command.Name}' requires at least {command.Least} argument{(command.Least > 1 ? "s" : "")}.");
        invocation.Detail($"{command.Name} {string.Join(' ', words)}".TrimEnd());
        var code = command.Run(invocation);
        invocation.Detail($"{command.Name} ends with exit code {code}");
        return code;
    }

    private bool TryGlobals(IReadOnlyList<string> words, Terminal terminal, out GlobalOptions globals, out int at, out int code)
    {
        globals = new GlobalOptions();
        code = ExitCode.Success;
        for (at = 0; at < words.Count && words[at].Length > 1 && words[at][0] == '-'; at++)
        {
            switch (words[at])
            {
                case "--help" or "-h":
                    terminal.Out.Write(Help.OfAll(Program, Commands));
                    return false;
                case "--version":
                    terminal.Out.Line(Product.Version);
                    return false;
            }

            foreach (var letter in words[at].AsSpan(1))
            {
                switch (letter)
                {
                    case 'v': globals = globals with { Verbosity = globals.Verbosity + 1 }; break;
                    case 'f': globals = globals with { Force = true }; break;
                    case 'N': globals = globals with { DryRun = true }; break;
                    case 't': globals = globals with { ProgressInPlace = true }; break;
                    case 'T': globals = globals with { Timestamps = true }; break;
                    default:
                        terminal.Error.Line($"unknown global option `{words[at]}'; before the command stand -v -f -N -t -T, see `{Program} help'.");
                        code = ExitCode.Failure;
                        return false;
                }
            }
        }

        return true;
    }

    private int HelpOn(string? name, Terminal terminal)
    {
        if (name is null)
            terminal.Out.Write(Help.OfAll(Program, Commands));
        else if (Find(name) is { } command)
            terminal.Out.Write(Help.Of(Program, command));
        else
            terminal.Out.Line($"command \"{name}\" not implemented");
        return ExitCode.Success;
    }

    private int Unknown(string name, Terminal terminal)
    {
        var meant = Misspelling.Nearest(name, Commands, command => command.Name);
        var several = name.Length == 0 ? [] : Commands.Where(c => c.Name.StartsWith(name, StringComparison.Ordinal)).Select(c => c.Name).ToList();
        var hint = several.Count > 1 ? $"it could be {string.Join(", ", several)}"
            : meant is not null ? $"did you mean `{meant.Name}'?"
            : $"`{Program} help' lists the commands";
        terminal.Error.Line($"command `{name}' not implemented; {hint}");
        return ExitCode.Failure;
    }
}
