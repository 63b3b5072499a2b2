using System.Globalization;

namespace Xenolith.Boot.Loader;

/// <summary>What a configuration asks of its boot loader: pygrub's options, as far as they mean something without a terminal.</summary>
public sealed record LoaderOptions
{
    // Accepted and without effect: nobody is asked, nothing is written to files, and few rights are the rule.
    private static readonly string[] Idle = ["-q", "--quiet", "-i", "--interactive", "--debug"];
    private static readonly string[] IdleWithValue = ["--runas", "--output", "--output-format", "--output-directory"];

    /// <summary>The kernel's path on the disk, if no menu is to be asked.</summary>
    public string? Kernel { get; init; }

    /// <summary>The ramdisk's path on the disk, with <see cref="Kernel"/>.</summary>
    public string? Ramdisk { get; init; }

    /// <summary>Put behind the menu's arguments.</summary>
    public string Arguments { get; init; } = string.Empty;

    /// <summary>The entry to boot, by number or title; null for the menu's own choice.</summary>
    public string? Entry { get; init; }

    /// <summary>Where on the disk the file system begins, in bytes; null to look at the partitions.</summary>
    public long? Offset { get; init; }

    /// <summary>Reads <c>bootloader_args</c>.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="fromConfiguration">What <c>kernel</c>, <c>ramdisk</c>, <c>root</c> and <c>extra</c> say, which the arguments override.</param>
    /// <exception cref="BootException">An argument is not known or has no sense here.</exception>
    public static LoaderOptions Parse(IReadOnlyList<string> arguments, LoaderOptions fromConfiguration)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var options = fromConfiguration;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (Idle.Contains(argument))
            {
                continue;
            }

            var equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=') : -1;
            var name = equals < 0 ? argument : argument[..equals];
            string Value() => equals >= 0 ? argument[(equals + 1)..]
                : ++i < arguments.Count ? arguments[i]
                : throw Refused(argument, "needs a value", "Write it as NAME=VALUE");
            options = name switch
            {
                "--kernel" => options with { Kernel = Value() },
                "--ramdisk" => options with { Ramdisk = Value() },
                "--args" => options with { Arguments = Value() },
                "--entry" => options with { Entry = Value() },
                "--offset" => options with { Offset = Number(argument, Value()) },
                _ when IdleWithValue.Contains(name) => Value() is not null ? options : fromConfiguration,
                "-l" or "--list-entries" or "-n" or "--not-really" or "--isconfig" or "-h" or "--help" =>
                    throw Refused(argument, "would start no domain in real pygrub either", "Leave it out"),
                _ => throw Refused(argument, "is not known", "Known are --kernel, --ramdisk, --args, --entry, --offset and -q"),
            };
        }

        return options;
    }

    private static long Number(string argument, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Refused(argument, "needs a number of bytes", "Check it");

    private static BootException Refused(string argument, string cause, string step) => new($"argument {argument} of the boot loader", cause, $"{step} in bootloader_args");
}
