using System.Globalization;

namespace Xenolith.Boot.Loader.Menus;

/// <summary>The menu of syslinux, extlinux and isolinux.</summary>
internal sealed class SyslinuxMenu : BootMenu
{
    private const int MaxIncludes = 16;

    private readonly List<SyslinuxEntry> _entries = [];
    private readonly MenuSource _source;
    private string? _default;
    private string _append = string.Empty;
    private SyslinuxEntry? _marked, _open;
    private int _includes, _depth;
    private bool _inHelp;

    private SyslinuxMenu(string text, MenuSource source)
    {
        _source = source;
        Take(text);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Titles => [.. _entries.Select(e => e.Label)];

    /// <summary>Reads the text of a menu.</summary>
    public static BootMenu Read(string text, MenuSource source) => new SyslinuxMenu(text, source);

    /// <inheritdoc/>
    public override BootEntry Default()
    {
        var entry = _marked ?? (_default is { } label ? ByLabel(label) : null) ?? _entries.FirstOrDefault();
        return entry?.Finish(_append, _source) ?? throw new ImageException($"{_source.Path} has no entries");
    }

    /// <inheritdoc/>
    public override BootEntry? Find(string wanted)
    {
        var entry = int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < _entries.Count
            ? _entries[number]
            : ByLabel(wanted);
        return entry?.Finish(_append, _source);
    }

    private SyslinuxEntry? ByLabel(string label) =>
        _entries.Find(e => e.Label.Equals(label, StringComparison.OrdinalIgnoreCase)) ?? _entries.Find(e => e.Title == label);

    private void Take(string text)
    {
        foreach (var raw in text.Split('\n'))
        {
            _source.Budget.Spend();
            var line = raw.Trim();
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            var end = line.IndexOfAny([' ', '\t']);
            var command = (end < 0 ? line : line[..end]).ToUpperInvariant();
            _inHelp = _inHelp ? command != "ENDTEXT" : command == "TEXT";
            if (!_inHelp)
            {
                Take(command, end < 0 ? string.Empty : line[end..].Trim());
            }
        }
    }

    private void Take(string command, string argument)
    {
        switch (command)
        {
            case "LABEL":
                _open = new(argument);
                _entries.Add(_open);
                break;
            case "DEFAULT":
                _default = argument;
                break;
            case "MENU" when Says(argument, "BEGIN"):
                // A menu within: its lines belong to no entry of this one, and what it prefers is not what this one does.
                _depth++;
                _open = null;
                break;
            case "MENU" when Says(argument, "END"):
                _depth--;
                _open = null;
                break;
            case "MENU" when Says(argument, "DEFAULT"):
                _marked = _depth == 0 ? _open ?? _marked : _marked;
                break;
            case "INCLUDE" when ++_includes <= MaxIncludes:
                Take(_source.Text(SyslinuxEntry.Path(argument, _source)) ?? string.Empty);
                break;
            case "APPEND" when _entries.Count == 0:
                _append = argument;
                break;
            default:
                _open?.Take(command, argument);
                break;
        }
    }

    private static bool Says(string argument, string word) =>
        argument.Split((char[])[' ', '\t'], 2)[0].Equals(word, StringComparison.OrdinalIgnoreCase);
}
