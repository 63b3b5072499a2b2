using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Xl;

/// <summary><c>xl channel-list</c>.</summary>
internal static class ChannelCommand
{
    /// <summary>Its row in the table.</summary>
    public static Command List { get; } = new("channel-list", "<Domain(s)>", "List channels of domains")
    {
        Least = 1,
        Notes = "No domain has any yet: `channel' in a configuration has no effect, and a creation says so.",
        Run = use =>
        {
            use.Terminal.Out.Write($"{"Idx",-3} {"BE",-2} {"state",-5} {"evt-ch",-6} {"ring-ref",8} {"connection",-10} {"",-30}\n");
            foreach (var name in use.Arguments)
                use.Services.Host.Find(name);
            return ExitCode.Success;
        },
    };
}
