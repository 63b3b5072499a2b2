using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Xl;
using Xenolith.Cli.Xm;

namespace Xenolith.Cli.Documents;

/// <summary>A completion script for bash: commands, their options, domains where a domain is wanted, files where a file is.</summary>
public static class BashCompletion
{
    /// <summary>The script.</summary>
    public static string Text()
    {
        var text = new StringBuilder("# bash completion for xl and xm; made by `xenolith --print completion'\n");
        text.Append("""
            _xenolith() {
                local word=${COMP_WORDS[COMP_CWORD]} command=
                local i; for ((i = 1; i < COMP_CWORD; i++)); do
                    [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]}; break; }
                done
                local commands options wanted
                commands="help
            """);
        foreach (var command in XlCommands.Set.Commands.Where(command => command.Run is not null))
            text.Append($" {command.Name}");
        text.Append("\"\n    case $command in\n");
        foreach (var command in XlCommands.Set.Commands.Where(command => command.Run is not null))
        {
            var options = string.Join(' ', Options(command));
            var wanted = command.Synopsis.Contains("<ConfigFile>") ? "file" : command.Synopsis.Contains("Domain", StringComparison.Ordinal) ? "domain" : "";
            text.Append($"        {command.Name}) options=\"{options}\"; wanted={wanted};;\n");
        }

        text.Append("""
                esac
                if [[ -z $command ]]; then COMPREPLY=($(compgen -W "$commands" -- "$word"))
                elif [[ $command == help ]]; then COMPREPLY=($(compgen -W "$commands" -- "$word"))
                elif [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word"))
                elif [[ $wanted == domain ]]; then COMPREPLY=($(compgen -W "$(xl list 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$word"))
                elif [[ $wanted == file ]]; then COMPREPLY=($(compgen -f -- "$word"))
                fi
            }

            """);
        text.Append($"complete -o filenames -F _xenolith {XlCommands.Set.Program} {XmCommands.Set.Program}\n");
        return text.ToString();
    }

    private static IEnumerable<string> Options(Command command) =>
        command.Options.SelectMany(option => new[] { option.Short is null ? null : "-" + option.Short, option.Long is null ? null : "--" + option.Long })
            .OfType<string>();
}
