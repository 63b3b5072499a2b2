using Xenolith.Cli.Commands;

namespace Xenolith.Cli.Programs;

/// <summary>The services of commands that people run: the current user's host.</summary>
internal static class OwnHost
{
    /// <summary>Where further directories with configuration files are named, with colons between them.</summary>
    private const string ConfigPathVariable = "XENOLITH_CONFIG_PATH";

    public static Services Services() => new(() => throw new NotSupportedException())
    {
        ConfigDirectories = Environment.GetEnvironmentVariable(ConfigPathVariable) is { Length: > 0 } path
            ? path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            : ["/etc/xen", "/usr/pkg/etc/xen"],
    };
}
