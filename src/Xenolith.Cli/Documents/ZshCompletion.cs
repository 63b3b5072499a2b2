using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Xl;
using Xenolith.Cli.Xm;

namespace Xenolith.Cli.Documents;

/// <summary>A completion function for zsh: commands with their summaries, options with their meanings, domains and files.</summary>
public static class ZshCompletion
{
    /// <summary>The function.</summary>
    public static string Text()
    {
        var text = new StringBuilder($"#compdef {XlCommands.Set.Program} {XmCommands.Set.Program}\n# made by `xenolith --print completion-zsh'\n");
        text.Append("""
            local -a commands domains
            domains=(${${(f)"$(xl list 2>/dev/null)"}[2,-1]%% *})
            commands=(

            """);
        var commands = XlCommands.Set.Commands.Where(command => command.Run is not null).ToList();
        foreach (var command in commands)
            text.Append($"  '{command.Name}:{Quoted(command.Summary)}'\n");
        text.Append("""
            )
            if (( CURRENT == 2 )); then
              _describe command commands
              return
            fi
            case $words[2] in

            """);
        foreach (var command in commands)
        {
            text.Append($"  {command.Name}) _arguments");
            foreach (var option in command.Options)
            {
                var argument = option.Argument is null ? "" : $":{option.Argument.Trim('[', ']').ToLowerInvariant()}:";
                foreach (var name in (string?[])[option.Short is null ? null : $"-{option.Short}", option.Long is null ? null : $"--{option.Long}"])
                {
                    if (name is not null)
                        text.Append($" \\\n    '{name}[{Quoted(option.Meaning)}]{argument}'");
                }
            }

            var wanted = command.Synopsis.Contains("<ConfigFile>") ? "_files"
                : command.Synopsis.Contains("Domain", StringComparison.Ordinal) ? "($domains)" : "";
            text.Append(wanted switch { "" => "", "_files" => " \\\n    '*:file:_files'", _ => " \\\n    \"*:domain:($domains)\"" }).Append(" ;;\n");
        }

        return text.Append("esac\n").ToString();
    }

    // In single quotes, and without what _arguments and _describe take for their own.
    private static string Quoted(string text) => text.Replace("'", "'\\''").Replace(":", "\\:").Replace("[", "\\[").Replace("]", "\\]");
}
