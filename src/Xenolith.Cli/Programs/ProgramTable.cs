using Xenolith.Cli.Autostart;
using Xenolith.Cli.Domains;
using Xenolith.Cli.Xl;
using Xenolith.Cli.Xl.Top;
using Xenolith.Cli.Xm;
using Xenolith.Store.Commands;

namespace Xenolith.Cli.Programs;

/// <summary>The names under which this one program can be called, and what each does.</summary>
public static class ProgramTable
{
    /// <summary>A program.</summary>
    /// <param name="Name">The name it is called by.</param>
    /// <param name="Linked">Whether a link of this name stands beside the program; the others are for our own processes.</param>
    /// <param name="Run">Runs it with its command line, and returns the exit code.</param>
    public sealed record Row(string Name, bool Linked, Func<IReadOnlyList<string>, Terminal, int> Run);

    /// <summary>All programs.</summary>
    public static IReadOnlyList<Row> Rows { get; } =
    [
        new("xl", true, (words, terminal) => XlCommands.Set.Run(words, terminal, OwnHost.Services())),
        new("xm", true, (words, terminal) => XmCommands.Set.Run(words, terminal, OwnHost.Services())),
        new("xendomains", true, (words, terminal) => XendomainsProgram.Set.Run(words, terminal, OwnHost.Services())),
        new("xentop", true, (words, terminal) => XlCommands.Set.Run([TopCommand.Command.Name, .. words], terminal, OwnHost.Services())),
        new("xenstored", true, (words, _) => XenstoredCommand.Run(words, StandardText(1), StandardText(2))),
        .. XenstoreCommand.Names.Select(name => new Row(name, true, (words, _) => RunXenstore(name, words))),
    ];

    /// <summary>The program called <paramref name="name"/>, or null.</summary>
    public static Row? Find(string name)
    {
        foreach (var row in Rows)
        {
            if (row.Name == name)
                return row;
        }

        return null;
    }

    private static int RunXenstore(string name, IReadOnlyList<string> words)
    {
        using var output = Console.OpenStandardOutput();
        var code = XenstoreCommand.Run(name, words, output, StandardText(2));
        output.Flush();
        return code;
    }

    private static StreamWriter StandardText(int descriptor) =>
        new(descriptor == 1 ? Console.OpenStandardOutput() : Console.OpenStandardError()) { AutoFlush = true };
}
