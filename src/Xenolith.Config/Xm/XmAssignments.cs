using System.Collections.Immutable;
using Xenolith.Config.Grammar;
using Xenolith.Config.Keys;

namespace Xenolith.Config.Xm;

/// <summary>
/// Applies <c>key=value</c> words of <c>xm create</c>'s command line: values are bare, quotes around one are taken off, and a key of
/// lists may come several times, each adding an item.
/// </summary>
public static class XmAssignments
{
    /// <summary>Applies the words in order.</summary>
    public static void Apply(IEnumerable<string> words, CfgDocument document, DiagnosticList diagnostics)
    {
        var ordinal = 0;
        var begun = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            var position = new SourcePosition("command line", ++ordinal, 1);
            var equals = word.IndexOf('=');
            var (name, text) = (word[..equals].Trim(), word[(equals + 1)..].Trim());
            if (text.StartsWith('['))
            {
                XmParser.Parse($"{name} = {text}", "command line", document, diagnostics);
                continue;
            }

            var atom = new CfgAtom(position with { Column = equals + 2 }, Unquoted(text), true);
            var isList = KeyTable.Find(name) is { Type: KeyType.TextList or KeyType.NestedList };
            // The first item on the command line replaces the file's list, as every other key replaces the file's value.
            CfgValue value = isList ? new CfgList(atom.Position, ImmutableArray.Create<CfgValue>(atom)) : atom;
            document.Assign(name, position, value, append: isList && !begun.Add(name), diagnostics);
        }
    }

    /// <summary>Says in xl's words what xm says in others: its <c>builder = 'linux'</c> is xl's <c>generic</c>.</summary>
    public static void Translate(CfgDocument document, DiagnosticList diagnostics)
    {
        if (document.TryGet("builder", out var builder) && builder.Value is CfgAtom { Text: "linux" } atom)
            document.Assign("builder", builder.Position, atom with { Text = "generic" }, append: false, diagnostics);
    }

    private static string Unquoted(string text) =>
        text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0] ? text[1..^1] : text;
}
