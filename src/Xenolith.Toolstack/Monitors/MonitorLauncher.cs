using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Host;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// Starts a monitor in the background and learns from it how the creation went. The monitor knows us by a socket that no exec passes on: if we
/// are killed before it is done, it removes what it made.
/// </summary>
internal static class MonitorLauncher
{
    /// <summary>Makes a domain; returns its id.</summary>
    /// <exception cref="ToolstackException">It could not be made; nothing is left of it.</exception>
    public static int Launch(string program, DomainConfig config, CreateOptions options, Action<int>? attach)
    {
        var order = new Message(Verbs.Create)
            .With("paused", options.Paused)
            .With("await-viewer", options.AwaitViewer)
            .With("no-monitor", options.NoMonitor)
            .With("config", Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(config)));
        var (ours, theirs) = MessageChannel.Pair();
        using (ours)
        {
            using (theirs)
            {
                // It gets none of our streams, not even for a moment: a caller that captures our output waits for the last holder to let go.
                ChildProcess.Spawn(new()
                {
                    Program = program,
                    Arguments = ["xenolith", MonitorProcess.Argument, config.Name],
                    Descriptors = [theirs],
                }).Dispose();
            }

            Send(ours, order, config);
            var created = Await(ours, config);
            var domid = (int)created.Number("domid");
            foreach (var line in created.Text("remarks").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                options.Remark?.Invoke(line);
            }

            if (options.AwaitViewer)
            {
                attach!(domid);
                Send(ours, new(Verbs.Run), config);
                Await(ours, config);
            }

            return domid;
        }
    }

    private static void Send(MessageChannel monitor, Message message, DomainConfig config)
    {
        if (!monitor.TrySend(message))
        {
            throw Lost(config);
        }
    }

    private static Message Await(MessageChannel monitor, DomainConfig config) => monitor.Receive() switch
    {
        null => throw Lost(config),
        { Verb: Verbs.Failed } failed => throw new ToolstackException(failed.Text("text"), (int)failed.Number("code", ToolstackException.CreationFailed)),
        var answer => answer,
    };

    private static ToolstackException Lost(DomainConfig config) => new(
        $"cannot create domain {config.Name}: its monitor ended before it was done. See what it said in xl-{config.Name}.log, and try again.",
        ToolstackException.CreationFailed);
}
