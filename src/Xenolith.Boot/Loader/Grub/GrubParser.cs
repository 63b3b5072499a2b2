namespace Xenolith.Boot.Loader.Grub;

/// <summary>Makes statements of words. What is left open at the end of the text is closed there: menus are edited by hand.</summary>
internal sealed class GrubParser
{
    private const int MaxDepth = 64;

    private readonly List<GrubWord?> _words;
    private int _at;
    private int _depth;

    private GrubParser(List<GrubWord?> words) => _words = words;

    private string? Keyword => _at < _words.Count ? _words[_at]?.Plain : null;

    private bool AtEnd => _at >= _words.Count;

    /// <summary>Parses a script.</summary>
    /// <exception cref="ImageException">It is nested too deeply.</exception>
    public static IReadOnlyList<GrubStatement> Parse(string text, ReadBudget budget)
    {
        var parser = new GrubParser(new GrubLexer(text, budget).Read());
        var statements = new List<GrubStatement>();
        while (!parser.AtEnd)
        {
            statements.AddRange(parser.Block());
            parser._at++; // a closing word without its opening one
        }

        return statements;
    }

    private List<GrubStatement> Block(params ReadOnlySpan<string> ends)
    {
        if (++_depth > MaxDepth)
        {
            throw new ImageException($"its menu's script is nested more than {MaxDepth} deep");
        }

        var statements = new List<GrubStatement>();
        while (!AtEnd && !ends.Contains(Keyword) && Keyword is not "}")
        {
            if (_words[_at] is null)
            {
                _at++;
            }
            else
            {
                statements.Add(Statement());
            }
        }

        _depth--;
        return statements;
    }

    private GrubStatement Statement()
    {
        switch (Keyword)
        {
            case "if":
                return If();
            case "for":
                return For();
            case "while" or "until":
                return While();
            case "function":
                _at++;
                var name = Keyword ?? string.Empty;
                _at++;
                return new GrubFunction(name, Braces());
            case "menuentry" or "submenu":
                var submenu = Keyword == "submenu";
                _at++;
                return new GrubMenuStatement(Words("{"), submenu, Braces());
            case "{":
                // A group of commands; nothing of it is special here.
                return new GrubFor(string.Empty, [new([new("once", false, true)])], Braces());
            default:
                return new GrubCommand(Words("}"));
        }
    }

    private List<GrubWord> Words(string end)
    {
        var words = new List<GrubWord>();
        for (; !AtEnd && _words[_at] is { } word && word.Plain != end; _at++)
        {
            words.Add(word);
        }

        return words;
    }

    private List<GrubStatement> Braces()
    {
        while (!AtEnd && _words[_at] is null)
        {
            _at++;
        }

        if (Keyword != "{")
        {
            return [];
        }

        _at++;
        var body = Block();
        _at++;
        return body;
    }

    private GrubIf If()
    {
        var branches = new List<(IReadOnlyList<GrubStatement>, IReadOnlyList<GrubStatement>)>();
        List<GrubStatement> otherwise = [];
        do
        {
            _at++;
            var condition = Block("then", "fi", "elif", "else");
            Skip("then");
            branches.Add((condition, Block("fi", "elif", "else")));
        }
        while (Keyword == "elif");
        if (Skip("else"))
        {
            otherwise = Block("fi");
        }

        Skip("fi");
        return new(branches, otherwise);
    }

    private GrubFor For()
    {
        _at++;
        var name = Keyword ?? string.Empty;
        _at++;
        Skip("in");
        var words = Words("do");
        return new(name, words, Loop());
    }

    private GrubWhile While()
    {
        var until = Keyword == "until";
        _at++;
        return new(Block("do", "done"), until, Loop());
    }

    private List<GrubStatement> Loop()
    {
        while (!AtEnd && _words[_at] is null)
        {
            _at++;
        }

        Skip("do");
        var body = Block("done");
        Skip("done");
        return body;
    }

    private bool Skip(string keyword)
    {
        if (Keyword != keyword)
        {
            return false;
        }

        _at++;
        return true;
    }
}
