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
    private SyslinuxEntry? _marked;
    private int _includes;

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
            Take((end < 0 ? line : line[..end]).ToUpperInvariant(), end < 0 ? string.Empty : line[end..].Trim());
        }
    }

    private void Take(string command, string argument)
    {
        switch (command)
        {
            case "LABEL":
                _entries.Add(new(argument));
                break;
            case "DEFAULT":
                _default = argument;
                break;
            case "MENU" when argument.Equals("DEFAULT", StringComparison.OrdinalIgnoreCase) && _entries.Count > 0:
                _marked = _entries[^1];
                break;
            case "INCLUDE" when ++_includes <= MaxIncludes:
                Take(_source.Text(SyslinuxEntry.Path(argument, _source)) ?? string.Empty);
                break;
            case "APPEND" when _entries.Count == 0:
                _append = argument;
                break;
            default:
                _entries.LastOrDefault()?.Take(command, argument);
                break;
        }
    }
}
