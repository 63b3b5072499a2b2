using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Cli.Xl;
using Xenolith.Cli.Xm;
using Xenolith.Toolstack;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>Runs xl's commands on a host in memory and keeps what they print.</summary>
internal sealed class XlRun
{
    public FakeHost Host { get; init; } = new();

    public long Now { get; init; } = 1_000_000;

    public string Stdout { get; private set; } = "";

    public string Stderr { get; private set; } = "";

    public int Xl(params string[] words) => Run(XlCommands.Set, words);

    public int Xm(params string[] words) => Run(XmCommands.Set, words);

    private int Run(CommandSet program, string[] words)
    {
        var terminal = new Terminal(new Output(), new Output());
        var services = new Services(() => Host) { HostCpus = 2, Now = () => Now, ConfigDirectories = [] };
        int code;
        try
        {
            code = program.Run(words, terminal, services);
        }
        catch (ToolstackException e)
        {
            terminal.Error.Line(e.Message);
            code = e.ExitCode;
        }

        (Stdout, Stderr) = (terminal.Out.Pending, terminal.Error.Pending);
        return code;
    }
}
