using System.Globalization;
using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>The menu of GRUB 2: a script that is run, as GRUB does, to learn its entries; the chosen entry's own script is run then.</summary>
internal sealed class GrubMenu : BootMenu
{
    private readonly GrubScript _script;
    private readonly string _path;

    private GrubMenu(string text, MenuSource source)
    {
        _path = source.Path;
        _script = new(source);
        _script.Run(GrubParser.Parse(text, source.Budget));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Titles => [.. Leaves(_script.Items).Select(i => i.Title)];

    /// <summary>Reads the text of a menu.</summary>
    public static BootMenu Read(string text, MenuSource source) => new GrubMenu(text, source);

    /// <inheritdoc/>
    public override BootEntry Default()
    {
        var wanted = _script.Variables["default"];
        wanted = wanted == "saved" ? _script.Variables["saved_entry"] : wanted;
        var item = (wanted.Length > 0 ? Choose(_script.Items, wanted) : null) ?? FirstEntry(_script.Items)
            ?? throw new ImageException($"{_path} has no entries");
        return _script.Boot(item);
    }

    /// <inheritdoc/>
    public override BootEntry? Find(string wanted)
    {
        // pygrub counts the entries of all submenus together.
        var leaves = Leaves(_script.Items).ToList();
        var item = Number(wanted) is { } number
            ? number < leaves.Count ? leaves[number] : null
            : Choose(_script.Items, wanted) ?? leaves.Find(i => i.Title == wanted || i.Id == wanted);
        return item is null ? null : _script.Boot(item);
    }

    // "1>2", "submenu-id>entry-id", a title or an id; a title's own `>' is written twice.
    private static GrubMenuItem? Choose(IReadOnlyList<GrubMenuItem> items, string wanted)
    {
        var (head, tail) = Cut(wanted);
        var item = Number(head) is { } number && number < items.Count ? items[number] : items.FirstOrDefault(i => i.Id == head || i.Title == head);
        return item switch
        {
            null => null,
            { Children: null } => item,
            { Children: { } children } => (tail is null ? null : Choose(children, tail)) ?? FirstEntry(children),
        };
    }

    private static (string Head, string? Tail) Cut(string wanted)
    {
        for (var at = 0; at < wanted.Length; at++)
        {
            if (wanted[at] == '>')
            {
                if (at + 1 < wanted.Length && wanted[at + 1] == '>')
                {
                    at++;
                    continue;
                }

                return (wanted[..at].Replace(">>", ">", StringComparison.Ordinal), wanted[(at + 1)..]);
            }
        }

        return (wanted.Replace(">>", ">", StringComparison.Ordinal), null);
    }

    private static GrubMenuItem? FirstEntry(IReadOnlyList<GrubMenuItem> items) => Leaves(items).FirstOrDefault();

    private static IEnumerable<GrubMenuItem> Leaves(IReadOnlyList<GrubMenuItem> items) => items.SelectMany(i => i.Children is { } children ? Leaves(children) : [i]);

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
