using System.Globalization;
using Xenolith.Host;
using Xenolith.Store.Server;

namespace Xenolith.Store.Commands;

/// <summary>The command <c>xenstored</c>: serves one host's store. Nobody needs to type it; the toolstack starts it.</summary>
public static class XenstoredCommand
{
    private const string Usage =
        """
        Usage: xenstored [OPTION]...
        Serves the store of this user's host. xl starts it when it is needed; it ends by itself
        half a minute after the last client and domain.

          --run-directory DIR           serve the host that lives in DIR
          --isolated-run-directory DIR  the same, with the socket in DIR too (as XENOLITH_RUNDIR does)
          --stay                        do not end by itself
          --linger SECONDS              end that long after the last client and domain (30)
          --ready FD                    write a byte to this descriptor once it listens
          -h, --help                    print this
        """;

    /// <summary>Runs the command; returns the exit code.</summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        string? directory = null;
        string? ready = null;
        var isolated = false;
        var linger = TimeSpan.FromSeconds(30);
        for (var i = 0; i < arguments.Count; i++)
        {
            var hasValue = i + 1 < arguments.Count;
            switch (arguments[i])
            {
                case "--run-directory" or "--isolated-run-directory" when hasValue:
                    isolated = arguments[i] == "--isolated-run-directory";
                    directory = arguments[++i];
                    break;
                case "--ready" when hasValue:
                    ready = arguments[++i];
                    break;
                case "--stay":
                    linger = Timeout.InfiniteTimeSpan;
                    break;
                case "--linger" when hasValue && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds):
                    linger = TimeSpan.FromSeconds(seconds);
                    i++;
                    break;
                case "-h" or "--help":
                    output.WriteLine(Usage);
                    return 0;
                default:
                    error.WriteLine($"xenstored: {arguments[i]}: no such option, or its value is missing; see xenstored --help");
                    return 2;
            }
        }

        try
        {
            using var run = directory is null ? RunDirectory.Open() : RunDirectory.Open(directory, RunDirectory.UserId(), isolated);
            return new StoreProcess(run, new StreamLog(error))
            {
                Linger = linger,
                Listening = () =>
                {
                    if (ready is not null)
                        StoreDaemon.SayReady(ready);
                    ready = null;
                },
            }.Run();
        }
        catch (HostException e)
        {
            if (ready is not null)
                StoreDaemon.SayFailure(ready, e);
            error.WriteLine($"xenstored: {e.Message}");
            return 1;
        }
    }
}
