using Xenolith.Store.Client;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Commands;

/// <summary>xenstore-watch: prints the paths that change, for ever or a number of times.</summary>
internal static class WatchCommand
{
    /// <summary>Watches the paths given.</summary>
    public static int Run(CommandContext context)
    {
        var depth = context.Number('d', -1);
        foreach (var path in context.Operands)
        {
            var level = depth < 0 ? [] : StoreClient.Terminated(depth.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (context.Client.TryAsk(MessageType.Watch, 0, [.. StoreClient.Terminated(path, path), .. level], out _) != StoreError.None)
                return context.Fail($"Unable to add watch on {path}{(depth < 0 ? "" : $" with depth {depth}")}\n");
        }

        var most = context.Number('n', -1);
        for (var seen = 0; most == -1 || seen < most; seen++)
        {
            context.Client.WaitEvent(Timeout.InfiniteTimeSpan, out var happened);
            context.Print($"{happened.Path}\n");
            context.Output.Flush();
        }

        return 0;
    }
}
