using System.Text;
using Xenolith.Cli.Programs;
using Xenolith.Config.Keys;

namespace Xenolith.Cli.Documents;

/// <summary>The manual page xl.cfg(5), in man(7)'s macros, made from the table of keys.</summary>
public static class KeysManPage
{
    /// <summary>The page.</summary>
    public static string Text()
    {
        var text = new StringBuilder($".TH XL.CFG 5 \"\" \"{Product.Version}\" \"Xenolith\"\n.SH NAME\nxl.cfg \\- configuration of a domain\n");
        text.Append(".SH DESCRIPTION\nA file of assignments, KEY=VALUE, for \\fBxl create\\fR. Strings stand in quotes of either kind, numbers without; lists in brackets with commas; ")
            .Append("# begins a comment. A later assignment replaces an earlier one, += adds to it. \\fBxl config check\\fR FILE checks a file.\n");
        foreach (var section in KeyTable.Sections)
        {
            text.Append($".SH {ManPage.Escaped(section.Title.ToUpperInvariant())}\n");
            foreach (var key in section.Keys)
            {
                text.Append($".TP\n.B {ManPage.Escaped(key.Name)}\n")
                    .Append(ManPage.Escaped($"{Capital(key.Meaning)} ({KeyTypeNames.Of(key.Type)}; default: {key.Default})."))
                    .Append(key.State switch
                    {
                        KeyState.Works => "\n",
                        KeyState.NoEffect => $"\n{ManPage.Escaped($"No effect here: {key.Reason}.")}\n",
                        _ => $"\n{ManPage.Escaped($"Refused: {key.Reason}.")}\n",
                    });
            }
        }

        return text.Append(".SH SEE ALSO\n.BR xl (1)\n").ToString();
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
