using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Monitors;

/// <summary>What all domains of one monitor share. Thread ownership: the monitor's thread.</summary>
internal sealed record MonitorContext
{
    /// <summary>The monitor's loop.</summary>
    public required EventLoop Loop { get; init; }

    /// <summary>The host's files.</summary>
    public required HostState State { get; init; }

    /// <summary>The host's settings.</summary>
    public required HostSettings Settings { get; init; }

    /// <summary>The way to the store.</summary>
    public required IHostStoreFinder Stores { get; init; }

    /// <summary>Where the life of the domains is told.</summary>
    public required MonitorLog Log { get; init; }

    /// <summary>Where hypervisor messages go.</summary>
    public required HypervisorLog Dmesg { get; init; }

    /// <summary>What a person should know about what was just made, a line each; whoever answers that person takes and clears it.</summary>
    public List<string> Remarks { get; } = [];

    /// <summary>Where relative file names of the configuration begin: xl create's working directory, also for a restart.</summary>
    public string WorkingDirectory { get; init; } = Environment.CurrentDirectory;

    /// <summary>The program of a domain process.</summary>
    public string Program { get; init; } = "/proc/self/exe";

    /// <summary>How long readers of a console may take for the rest when a domain ends.</summary>
    public int DrainMilliseconds { get; init; } = 2000;

    /// <summary>Takes the remarks, for an answer's field <c>remarks</c>.</summary>
    public string TakeRemarks()
    {
        var lines = string.Join('\n', Remarks);
        Remarks.Clear();
        return lines;
    }
}
