using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Xl;
using Xenolith.Config.Keys;

namespace Xenolith.Cli.Documents;

/// <summary>docs/support.md: what works, what is accepted, what is refused, and where we differ. Made from the tables the program itself uses.</summary>
public static class SupportPage
{
    /// <summary>The page.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        text.Append("""
            # What is supported

            This page is made from the program's own tables by `xenolith --print support`; a test fails when it is out of date.

            - **works**: as xl(1) and xl.cfg(5) of Xen 4.17 say.
            - **no effect**: accepted, changes nothing here; `xl create` says so once.
            - **refused**: a domain that needs it is not created; the message is the reason given here.


            """);
        Deviations(text);
        CommandTable(text);
        text.Append("## Keys of xl.cfg(5)\n");
        foreach (var section in KeyTable.Sections)
            Keys(text, section);
        return text.ToString();
    }

    private static void Deviations(StringBuilder text)
    {
        text.Append("## Where we differ from real Xen on purpose\n\n| what | Xen 4.17 | here | why |\n|---|---|---|---|\n");
        foreach (var row in Deviation.All)
            text.Append($"| {Cell(row.Subject)} | {Cell(row.Xen)} | {Cell(row.Here)} | {Cell(row.Why)} |\n");
        text.Append('\n');
    }

    private static void CommandTable(StringBuilder text)
    {
        text.Append("## Commands of xl(1)\n\n| command | what it does | here |\n|---|---|---|\n");
        foreach (var command in XlCommands.Set.Commands)
            text.Append($"| `{command.Name}` | {Cell(command.Summary)} | {(command.Run is null ? $"refused: {Cell(command.Absence!)}" : "works")} |\n");
        text.Append('\n');
    }

    private static void Keys(StringBuilder text, KeySection section)
    {
        text.Append($"\n### {section.Title}\n\n| key | type | default | meaning | here |\n|---|---|---|---|---|\n");
        foreach (var key in section.Keys)
        {
            var state = key.State switch
            {
                KeyState.Works => "works",
                KeyState.NoEffect => $"no effect: {Cell(key.Reason!)}",
                _ => $"refused: {Cell(key.Reason!)}",
            };
            text.Append($"| `{key.Name}` | {KeyTypeNames.Of(key.Type)} | {Cell(key.Default)} | {Cell(key.Meaning)} | {state} |\n");
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|");
}
