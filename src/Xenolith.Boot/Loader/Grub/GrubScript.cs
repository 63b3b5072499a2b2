using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>
/// Runs a script as GRUB would, as far as it decides what is booted: variables, conditions, functions, other files, the search for file systems.
/// Everything else (fonts, graphics, modules) is passed over. Work and nesting are limited.
/// </summary>
internal sealed class GrubScript
{
    private const int MaxDepth = 48, MaxItems = 4096;

    // A statement is work for as much as this many directory entries.
    private const int StatementSteps = 50;

    private readonly Dictionary<string, IReadOnlyList<GrubStatement>> _functions = new(StringComparer.Ordinal);
    private readonly MenuSource _source;
    private List<GrubMenuItem> _items = [];
    private GrubBootState? _boot;
    private int _depth;
    private int _made;
    private bool _returning;

    /// <summary>A script with the variables that GRUB sets before it runs one.</summary>
    public GrubScript(MenuSource source)
    {
        _source = source;
        Variables = new(source.Budget);
        var home = source.Home.Place.Number == 0 ? "hd0" : $"hd0,{source.Home.Place.GrubName}";
        foreach (var (name, value) in new[]
        {
            ("root", home), ("prefix", $"({home}){source.Directory}"), ("config_directory", $"({home}){source.Directory}"), ("config_file", source.Path),
            ("grub_platform", "xen"), ("grub_cpu", "x86_64"), ("feature_menuentry_id", "y"), ("feature_menuentry_options", "y"),
            ("feature_platform_search_hint", "y"), ("feature_timeout_style", "y"), ("feature_default_font_path", "y"), ("feature_all_video_module", "y"),
            ("feature_200_final", "y"), ("feature_nativedisk_cmd", "y"), ("feature_ntldr", "y"), ("feature_chainloader_bpb", "y"),
        })
        {
            Variables.Set(name, value);
        }
    }

    /// <summary>Its variables.</summary>
    public GrubVariables Variables { get; }

    /// <summary>The menu so far.</summary>
    public IReadOnlyList<GrubMenuItem> Items => _items;

    /// <summary>The disk and the place of the script.</summary>
    public MenuSource Source => _source;

    /// <summary>What the running entry has loaded; null while the menu is made.</summary>
    public GrubBootState? BootState => _boot;

    /// <summary>Runs the script of an entry, and says what it would boot.</summary>
    public BootEntry Boot(GrubMenuItem item)
    {
        _returning = false;
        _boot = new();
        Variables.Set("chosen", item.Title);
        Run(item.Body);
        return _boot.Finish(item.Title);
    }

    /// <summary>Runs statements; true if the last one succeeded.</summary>
    public bool Run(IReadOnlyList<GrubStatement> statements)
    {
        if (++_depth > MaxDepth)
        {
            throw new ImageException($"its menu's script calls itself more than {MaxDepth} deep");
        }

        // An empty loop is work too.
        _source.Budget.Spend(StatementSteps);
        var success = true;
        foreach (var statement in statements)
        {
            _source.Budget.Spend(StatementSteps);
            success = Run(statement);
            if (_returning)
            {
                break;
            }
        }

        _depth--;
        return success;
    }

    /// <summary>Runs another file of the disk.</summary>
    public bool RunFile(string path) =>
        _source.Text(GuestPath.Parse(path, GrubDevice.Parse(Variables["root"], legacy: false), legacy: false)) is { } text
        && Run(GrubParser.Parse(text, _source.Budget));

    /// <summary>Leaves the running function.</summary>
    public void Return() => _returning = true;

    private bool Run(GrubStatement statement) => statement switch
    {
        GrubCommand command => RunCommand(Variables.Expand(command.Words)),
        GrubIf choice => RunIf(choice),
        GrubFor loop => RunFor(loop),
        GrubWhile loop => RunWhile(loop),
        GrubFunction function => Define(function),
        GrubMenuStatement menu => Add(menu),
        _ => false,
    };

    private bool RunCommand(List<string> words)
    {
        if (words is ["!", .. var negated])
        {
            return !RunCommand([.. negated]);
        }

        if (words.Count == 0)
        {
            return true;
        }

        if (_functions.TryGetValue(words[0], out var body))
        {
            var outer = Variables.Arguments;
            Variables.Arguments = words[1..];
            var success = Run(body);
            Variables.Arguments = outer;
            _returning = false;
            return success;
        }

        if (words[0].IndexOf('=') is > 0 and var equals && words[0][..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            Variables.Set(words[0][..equals], words[0][(equals + 1)..]);
            return true;
        }

        return GrubCommands.Run(this, words[0], words[1..]);
    }

    private bool RunIf(GrubIf choice)
    {
        foreach (var (condition, body) in choice.Branches)
        {
            if (Run(condition))
            {
                return Run(body);
            }
        }

        return Run(choice.Otherwise);
    }

    private bool RunFor(GrubFor loop)
    {
        var success = true;
        foreach (var value in Variables.Expand(loop.Words))
        {
            if (loop.Name.Length > 0)
            {
                Variables.Set(loop.Name, value);
            }

            success = Run(loop.Body);
            if (_returning)
            {
                break;
            }
        }

        return success;
    }

    private bool RunWhile(GrubWhile loop)
    {
        while (Run(loop.Condition) != loop.Negated && !_returning)
        {
            Run(loop.Body);
        }

        return true;
    }

    private bool Define(GrubFunction function)
    {
        _functions[function.Name] = function.Body;
        return true;
    }

    private bool Add(GrubMenuStatement menu)
    {
        if (++_made > MaxItems)
        {
            throw new ImageException($"its menu has more than {MaxItems} entries");
        }

        var words = Variables.Expand(menu.Words);
        var id = words.IndexOf("--id") is >= 0 and var at && at + 1 < words.Count
            ? words[at + 1]
            : words.Find(w => w.StartsWith("--id=", StringComparison.Ordinal))?["--id=".Length..];
        var title = words.Count > 0 ? words[0] : string.Empty;
        if (!menu.IsSubmenu)
        {
            _items.Add(new(title, id, menu.Body, null));
            return true;
        }

        var outer = _items;
        _items = [];
        Run(menu.Body);
        outer.Add(new(title, id, [], _items));
        _items = outer;
        return true;
    }
}
