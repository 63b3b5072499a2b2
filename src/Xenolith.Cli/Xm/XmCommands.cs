using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Cli.Xl;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xm;

/// <summary>
/// The program <c>xm</c>, xl's predecessor: xl's commands, of which some speak the older dialect. Its configuration files are Python,
/// its <c>list</c> has its own heading, its <c>shutdown</c> can halt and reboot.
/// </summary>
public static class XmCommands
{
    private static readonly Command Create = CreateCommand.Command with
    {
        Notes = "vars are assignments such as memory=512; strings need no quotes, and disk= and vif= may come several times.",
        Run = use => CreateCommand.Run(use, ConfigFile.ReadXm),
    };

    private static readonly Command List = ListCommands.List with
    {
        Run = use => use.Options.Count > 0 || use.Arguments.Count > 1
            ? ListCommands.List.Run!(use)
            : Print(use, Table(use.Arguments.Count == 0 ? use.Services.Host.List() : [use.Services.Host.Find(use.Arguments[0])])),
    };

    private static readonly Command Shutdown = ShutdownCommands.Shutdown with
    {
        Options =
        [
            .. ShutdownCommands.Shutdown.Options,
            new('H', "halt", "Ask the guest to halt"),
            new('R', "reboot", "Ask the guest to reboot"),
        ],
        Run = use => use.Has("reboot") ? ShutdownCommands.Run(use, "reboot", "Rebooting")
            : ShutdownCommands.Run(use, use.Has("halt") ? "halt" : "poweroff", "Shutting down"),
    };

    /// <summary>The program.</summary>
    public static CommandSet Set { get; } = new("xm", Merge(Create, List, Shutdown));

    private static ImmutableArray<Command> Merge(params Command[] own) =>
        [.. XlCommands.Set.Commands.Select(command => Array.Find(own, mine => mine.Name == command.Name) ?? command)];

    private static int Print(Invocation use, string text)
    {
        use.Terminal.Out.Write(text);
        return ExitCode.Success;
    }

    // The six columns of xm 4.1.
    private static string Table(IEnumerable<DomainSummary> domains)
    {
        var text = new StringBuilder($"{"Name",-40} {"ID",5} {"Mem",5} {"VCPUs",5} {"State",10} {"Time(s)",9}\n");
        foreach (var domain in domains)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{domain.Name,-40} {domain.Domid,5} {domain.MemoryKib / 1024,5} {domain.Vcpus,5} {StateLetters.Of(domain),10} {domain.CpuNanoseconds / 1e9,9:F1}\n");
        }

        return text.ToString();
    }
}
