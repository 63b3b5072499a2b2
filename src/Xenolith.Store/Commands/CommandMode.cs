namespace Xenolith.Store.Commands;

/// <summary>One of the programs <c>xenstore-*</c>, which is also the first argument of <c>xenstore</c>.</summary>
/// <param name="Name">The name behind "xenstore-".</param>
/// <param name="Letters">The options that it takes beside -h.</param>
/// <param name="Usage">What follows the name in the usage line.</param>
/// <param name="Run">What it does.</param>
internal sealed record CommandMode(string Name, string Letters, string Usage, Func<CommandContext, int> Run)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<CommandMode> All { get; } =
    [
        new("chmod", "ur", "[-h] [-u] [-r] [-s] key <mode [modes...]>", NodeCommands.Chmod),
        new("exists", "", "[-h] [-p] [-s] key [...]", NodeCommands.Exists),
        new("list", "p", "[-h] [-p] [-s] key [...]", NodeCommands.List),
        new("ls", "fp", "[-h] [-f] [-p] [-s] [path]", TreeListing.Run),
        new("read", "pR", "[-h] [-p] [-s] [-R] key [...]", NodeCommands.Read),
        new("rm", "t", "[-h] [-s] [-t] key [...]", NodeCommands.Remove),
        new("write", "R", "[-h] [-s] [-R] key value [...]", NodeCommands.Write),
        new("watch", "nd", "[-h] [-n NR] [-d DEPTH] key", WatchCommand.Run),
    ];
}
