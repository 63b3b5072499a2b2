using Xenolith.Cli.Autostart;
using Xenolith.Cli.Xl;
using Xenolith.Cli.Xm;

namespace Xenolith.Cli.Documents;

/// <summary>The documents that <c>xenolith --print NAME</c> makes from the program's tables.</summary>
public static class DocumentTable
{
    /// <summary>Name, and the text when asked for.</summary>
    public static IReadOnlyList<(string Name, Func<string> Text)> Rows { get; } =
    [
        ("support", SupportPage.Text),
        ("completion", BashCompletion.Text),
        ("completion-zsh", ZshCompletion.Text),
        ("man", () => ManPage.Text(XlCommands.Set)),
        ("man-xl", () => ManPage.Text(XlCommands.Set)),
        ("man-xm", () => ManPage.Text(XmCommands.Set)),
        ("man-xendomains", () => ManPage.Text(XendomainsProgram.Set)),
        ("man-xl.cfg", KeysManPage.Text),
    ];

    /// <summary>The text of the document called <paramref name="name"/>, or null.</summary>
    public static string? Find(string name)
    {
        foreach (var row in Rows)
        {
            if (row.Name == name)
                return row.Text();
        }

        return null;
    }
}
