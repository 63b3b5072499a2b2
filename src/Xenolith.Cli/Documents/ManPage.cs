using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Documents;

/// <summary>The manual page of a program made of commands, in man(7)'s macros.</summary>
public static class ManPage
{
    /// <summary>The page of <paramref name="set"/>.</summary>
    public static string Text(CommandSet set)
    {
        var name = set.Program;
        var text = new StringBuilder($".TH {name.ToUpperInvariant()} 1 \"\" \"{Product.Version}\" \"Xenolith\"\n.SH NAME\n{name} \\- manage Xen domains\n");
        text.Append($".SH SYNOPSIS\n.B {name}\n[\\-vfNtT] \\fIcommand\\fR [\\fIarguments\\fR]\n.SH DESCRIPTION\n");
        text.Append("Creates, lists and ends domains of the current user's host. A command may be abbreviated to a unique beginning of its name.\n");
        text.Append(".SH GLOBAL OPTIONS\n");
        foreach (var (letter, meaning) in (ReadOnlySpan<(char, string)>)
            [
                ('v', "Tell what is done, on standard error; twice: tell what the domain's monitor says too."),
                ('f', "Go on where xl would rather not; as in real xl since xend went, no command asks for it."), ('N', "Only print what would be done."),
                ('t', "Show progress in place, with carriage returns."), ('T', "Put the time and the process before each message."),
            ])
        {
            text.Append($".TP\n.B \\-{letter}\n{meaning}\n");
        }

        text.Append(".SH COMMANDS\n");
        foreach (var command in set.Commands)
            One(text, command);
        text.Append(".SH EXIT STATUS\n0 done; 1 not possible, or a wrong configuration; 2 a wrong command line; 3 a domain that could not be created.\n");
        text.Append(".SH SEE ALSO\nxl.cfg(5), xl-disk-configuration(5), xl-network-configuration(5)\n");
        return text.ToString();
    }

    private static void One(StringBuilder text, Command command)
    {
        text.Append($".SS {Escaped(command.Name)} {Escaped(command.Synopsis)}\n{Escaped(command.Summary)}.\n");
        if (command.Absence is not null)
            text.Append($"Not available here: {Escaped(command.Absence)}.\n");
        foreach (var option in command.Options)
            text.Append($".TP\n.B {Escaped(option.Shown)}\n{Escaped(option.Meaning)}.\n");
        if (command.Notes is not null)
            text.Append($".PP\n{Escaped(command.Notes)}\n");
    }

    // A line that begins with a dot or a quote would be a macro, and plain hyphens become typographic ones.
    internal static string Escaped(string text)
    {
        var escaped = text.Replace("\\", "\\e").Replace("-", "\\-");
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
