using System.Globalization;

namespace Xenolith.Boot.Loader.Menus;

/// <summary>The menu of grub-legacy: <c>menu.lst</c> or <c>grub.conf</c>.</summary>
internal sealed class LegacyMenu : BootMenu
{
    private readonly List<BootEntry> _entries = [];
    private readonly MenuSource _source;
    private string _default = "0";

    private LegacyMenu(string text, MenuSource source)
    {
        _source = source;
        LegacyEntry? open = null;
        foreach (var raw in text.Split('\n'))
        {
            source.Budget.Spend();
            var line = raw.Trim();
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            // Commands and arguments are parted by blanks or by one `=': "default=0" and "default 0" are the same.
            var end = line.IndexOfAny([' ', '\t', '=']);
            var command = end < 0 ? line : line[..end];
            var argument = end < 0 ? string.Empty : line[(end + 1)..].TrimStart(' ', '\t', '=').TrimEnd();
            if (command == "title")
            {
                Close(open);
                open = new(argument);
            }
            else if (open is not null)
            {
                open.Take(command, argument);
            }
            else if (command == "default")
            {
                _default = argument;
            }
        }

        Close(open);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Titles => [.. _entries.Select(e => e.Title)];

    /// <summary>Reads the text of a menu.</summary>
    public static BootMenu Read(string text, MenuSource source) => new LegacyMenu(text, source);

    /// <inheritdoc/>
    public override BootEntry Default()
    {
        if (_entries.Count == 0)
        {
            throw new ImageException($"{_source.Path} has no entries");
        }

        var wanted = _default;
        if (wanted == "saved")
        {
            // What `savedefault' wrote: a number in the first line of a file beside the menu.
            wanted = _source.Text(new(null, $"{_source.Directory}/default"))?.Split('\n')[0].Trim('\0', ' ', '\r') ?? "0";
        }

        return Find(wanted) ?? _entries[0];
    }

    /// <inheritdoc/>
    public override BootEntry? Find(string wanted) =>
        int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number < _entries.Count ? _entries[number] : null
            : _entries.Find(e => e.Title == wanted);

    private void Close(LegacyEntry? entry)
    {
        if (entry is not null)
        {
            _entries.Add(entry.Finish());
        }
    }
}
