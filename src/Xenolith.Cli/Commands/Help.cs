using System.Text;

namespace Xenolith.Cli.Commands;

/// <summary>Help texts, made from the table of commands.</summary>
public static class Help
{
    private const int OptionColumn = 24;
    private const int CommandColumn = 20;

    /// <summary>Help of one command.</summary>
    public static string Of(string program, Command command)
    {
        var text = new StringBuilder();
        var globals = "vtT" + (command.Modifies ? "f" : "") + (command.CanDryRun ? "N" : "");
        text.Append($"Usage: {program} [-{globals}] {command.Name} {command.Synopsis}".TrimEnd()).Append("\n\n").Append(command.Summary).Append(".\n");
        if (!command.Options.IsEmpty)
        {
            text.Append("\nOptions:\n\n");
            foreach (var option in command.Options)
                Row(text, option.Shown, option.Meaning, OptionColumn, "");
        }

        if (command.Notes is not null)
            text.Append('\n').Append(command.Notes).Append('\n');
        if (command.Absence is not null)
            text.Append("\nNot available: ").Append(command.Absence).Append(".\n");
        return text.ToString();
    }

    /// <summary>The list of all commands.</summary>
    public static string OfAll(string program, IEnumerable<Command> commands)
    {
        var text = new StringBuilder($"Usage {program} [-vfNtT] <subcommand> [args]\n\n{program} full list of subcommands:\n\n");
        foreach (var command in commands)
            Row(text, command.Name, command.Summary + (command.Run is null ? " (not available here)" : ""), CommandColumn, " ");
        return text.ToString();
    }

    // A left part too wide for its column stands on a line of its own, as in real xl.
    private static void Row(StringBuilder text, string left, string right, int column, string indent)
    {
        text.Append(indent).Append(left);
        if (left.Length >= column)
            text.Append(" \n").Append(' ', indent.Length + column);
        else
            text.Append(' ', column - left.Length);
        text.Append(right).Append('\n');
    }
}
