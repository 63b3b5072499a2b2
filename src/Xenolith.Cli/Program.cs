using Xenolith.Cli.Documents;
using Xenolith.Cli.Programs;
using Xenolith.Host;
using Xenolith.Toolstack;

namespace Xenolith.Cli;

/// <summary>The entry of the one program that goes by many names.</summary>
internal static class Program
{
    private const string OwnName = "xenolith";

    private static int Main(string[] words)
    {
        CurrentProcess.Settle();
        // A domain's monitor and its process are this program too, and must not meet anything of a command's.
        if (ChildProgram.TryRun(words, out var childCode))
            return childCode;
        CurrentProcess.LeaveRemovedDirectory();
        var terminal = Terminal.OfProcess();
        try
        {
            var code = Run(Path.GetFileName(Environment.GetCommandLineArgs()[0]), words, terminal);
            terminal.Out.Flush();
            return code;
        }
        catch (ToolstackException e)
        {
            // What was found before the failure is a result too.
            terminal.Out.Flush();
            terminal.Error.Line(e.Message);
            return e.ExitCode;
        }
        catch (HostException e) when (e.Errno == Errno.EPIPE)
        {
            // Our reader has gone, as in `xl list | head -1'; there is nobody to tell.
            return ExitCode.Failure;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Error.Line(e.Message);
            return ExitCode.Failure;
        }
    }

    private static int Run(string name, IReadOnlyList<string> words, Terminal terminal)
    {
        if (ProgramTable.Find(name) is { } program)
            return program.Run(words, terminal);
        if (words.Count > 0 && ProgramTable.Find(words[0]) is { } named)
            return named.Run(words.Skip(1).ToList(), terminal);
        var linked = ProgramTable.Rows.Where(row => row.Linked).Select(row => row.Name);
        switch (words.Count > 0 ? words[0] : null)
        {
            case "--names":
                foreach (var link in linked)
                    terminal.Out.Line(link);
                return ExitCode.Success;
            case "--version":
                terminal.Out.Line(Product.Version);
                return ExitCode.Success;
            case "--print" when words.Count == 2 && DocumentTable.Find(words[1]) is { } document:
                terminal.Out.Write(document);
                return ExitCode.Success;
            default:
                terminal.Error.Line($"usage: {OwnName} <program> [arguments]; the programs are {string.Join(", ", linked)}");
                terminal.Error.Line($"       {OwnName} --names | --version | --print {string.Join('|', DocumentTable.Rows.Select(row => row.Name))}");
                return ExitCode.Usage;
        }
    }
}
