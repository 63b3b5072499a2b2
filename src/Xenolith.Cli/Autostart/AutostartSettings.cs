using System.Globalization;
using Xenolith.Host;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Autostart;

/// <summary>
/// What <c>xendomains</c> is told: lines of <c>NAME=value</c> as in /etc/default/xendomains, of which nothing is executed, then the
/// environment, then the command line. Names of Xen's own script are known; those about saving and migrating wait for save and restore.
/// </summary>
internal sealed record AutostartSettings
{
    /// <summary>Files that are read, the later over the earlier: Debian's place, Red Hat's, NetBSD's.</summary>
    public static readonly string[] Files = ["/etc/default/xendomains", "/etc/sysconfig/xendomains", "/etc/rc.conf"];

    private static readonly Dictionary<string, Func<AutostartSettings, string, AutostartSettings>> Names = new(StringComparer.Ordinal)
    {
        ["xendomains"] = (settings, value) => settings with { Domains = value.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) },
        ["XENDOMAINS_AUTO"] = (settings, value) => settings with { Directory = value },
        ["XENDOMAINS_STOP_MAXWAIT"] = (settings, value) => settings with { StopSeconds = Number("XENDOMAINS_STOP_MAXWAIT", value) },
        ["XENDOMAINS_CREATE_USLEEP"] = (settings, value) => settings with { PauseMicroseconds = Number("XENDOMAINS_CREATE_USLEEP", value) },
    };

    /// <summary>Domains to start first, in this order: names of files in a configuration directory, or paths.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>The directory whose configurations are started after those, by name; empty for none.</summary>
    public string Directory { get; init; } = SystemDirectory;

    /// <summary>How long domains may take to shut down before they are destroyed.</summary>
    public int StopSeconds { get; init; } = 300;

    /// <summary>Pause between two creations.</summary>
    public int PauseMicroseconds { get; init; }

    /// <summary>Reads the files and the environment.</summary>
    public static AutostartSettings Load(IEnumerable<string> files, Func<string, string?> environment)
    {
        var settings = new AutostartSettings { Directory = DefaultDirectory(RunDirectory.UserId(), environment) };
        foreach (var file in files.Where(File.Exists))
            settings = settings.With(File.ReadAllText(file));
        foreach (var (name, apply) in Names)
        {
            if (environment(name) is { } value)
                settings = apply(settings, value);
        }

        return settings;
    }

    /// <summary>The system's directory for root, for others their own.</summary>
    internal static string DefaultDirectory(uint user, Func<string, string?> environment) =>
        user == 0 ? SystemDirectory
        : environment("XDG_CONFIG_HOME") is { Length: > 0 } home ? Path.Combine(home, UserDirectory)
        : environment("HOME") is { Length: > 0 } own ? Path.Combine(own, ".config", UserDirectory)
        : "";

    private const string SystemDirectory = "/etc/xen/auto";
    private const string UserDirectory = "xenolith/auto";

    /// <summary>Applies the assignments of a file's text. Everything that is no plain assignment of a known name is somebody else's.</summary>
    public AutostartSettings With(string text)
    {
        var settings = this;
        foreach (var line in text.Split('\n'))
        {
            if (line.Trim().Split('=', 2) is [var name, var value] && Names.TryGetValue(name, out var apply))
                settings = apply(settings, Unquoted(value));
        }

        return settings;
    }

    // A value in quotes ends at the closing one; a bare value at a blank or a comment.
    private static string Unquoted(string value)
    {
        if (value.Length > 0 && value[0] is '"' or '\'')
            return value.IndexOf(value[0], 1) is > 0 and var end ? value[1..end] : value[1..];
        var stop = value.IndexOfAny([' ', '\t', '#', ';']);
        return stop < 0 ? value : value[..stop];
    }

    private static int Number(string name, string value) =>
        value.Length == 0 ? 0
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new ToolstackException($"{name}: `{value}' is not a whole number.");
}
