using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Documents;
using Xenolith.Cli.Programs;
using Xenolith.Config.Grammar;
using Xenolith.Config.Keys;

namespace Xenolith.Cli.Xl;

/// <summary><c>xl config</c>, an addition of ours: checks configuration files and explains keys.</summary>
internal static class ConfigCommand
{
    /// <summary>Its row in the table.</summary>
    public static Command Command { get; } = new("config", "check <ConfigFile>... | keys [Key...]", "Check configuration files, or explain their keys")
    {
        Least = 1,
        Notes = "check exits 0 when a domain can be created from every file, 3 when one is valid but cannot be run here, 1 when one is wrong.",
        Run = use => use.Arguments[0] switch
        {
            "check" when use.Arguments.Count > 1 => Check(use),
            "keys" => Keys(use),
            "check" => use.Misused("`check' needs a configuration file."),
            var other => use.Misused($"`{other}' is neither check nor keys."),
        },
    };

    private static int Check(Invocation use)
    {
        var worst = ExitCode.Success;
        foreach (var file in use.Arguments.Skip(1))
        {
            var reading = ConfigFile.Read(file, [], use.Services);
            foreach (var diagnostic in reading.Diagnostics)
                use.Terminal.Out.Line(diagnostic.ToString());
            var code = reading.Diagnostics.Worst switch
            {
                Severity.Error => ExitCode.Failure,
                >= Severity.Creation => ExitCode.Creation,
                _ => ExitCode.Success,
            };
            if (code == ExitCode.Success)
                use.Terminal.Out.Line($"{file}: good");
            if (worst != ExitCode.Failure && code != ExitCode.Success)
                worst = code;
        }

        return worst;
    }

    private static int Keys(Invocation use)
    {
        var text = new StringBuilder();
        foreach (var name in use.Arguments.Skip(1))
        {
            if (KeyTable.Find(name) is not { } key)
            {
                var hint = KeyTable.FindMisspelt(name) is { } meant ? $"; did you mean `{meant.Name}'?" : "";
                return use.Fail($"there is no key `{name}'{hint}");
            }

            text.Append($"{key.Name}: {key.Meaning}\n  type {KeyTypeNames.Of(key.Type)}, default {key.Default}, {StateName(key)}\n");
        }

        if (use.Arguments.Count == 1)
        {
            foreach (var section in KeyTable.Sections)
            {
                text.Append($"{section.Title}\n");
                foreach (var key in section.Keys)
                    text.Append($"  {key.Name,-34} {key.Meaning}{(key.State == KeyState.Works ? "" : $" ({StateName(key)})")}\n");
            }
        }

        use.Terminal.Out.Write(text.ToString());
        return ExitCode.Success;
    }

    private static string StateName(ConfigKey key) => key.State switch
    {
        KeyState.Works => "works",
        KeyState.NoEffect => $"no effect: {key.Reason}",
        _ => $"refused: {key.Reason}",
    };
}
