using System.Collections.Immutable;
using System.Globalization;
using Xenolith.Config.Grammar;

namespace Xenolith.Config.Xm;

/// <summary>
/// Reads a configuration file of xm, which was a Python program: assignments of simple expressions are computed, anything else is
/// refused by name with its place. Nothing is executed.
/// </summary>
public sealed class XmParser
{
    private const int MaxDepth = 64;

    private static readonly string[] Statements =
        ["if", "else", "elif", "for", "while", "def", "class", "from", "print", "try", "with", "return", "exec", "del", "raise", "lambda"];

    // xmexample files import these and then use little of them; an import alone does nothing, and every use but os.uname() is refused.
    private static readonly string[] Modules = ["os", "re", "string", "sys"];

    // What os.uname() gives on every host of ours; the other fields are the host's own.
    private static readonly Dictionary<long, string> Uname = new() { [0] = "Linux", [4] = "x86_64" };

    private readonly PyLexer _lexer;
    private readonly CfgDocument _document;
    private readonly DiagnosticList _diagnostics;
    private PyToken _token;

    private XmParser(string text, string source, CfgDocument document, DiagnosticList diagnostics)
    {
        _lexer = new PyLexer(text, source, diagnostics);
        (_document, _diagnostics) = (document, diagnostics);
        _token = _lexer.Next();
    }

    /// <summary>Reads <paramref name="text"/> and applies its assignments to <paramref name="document"/>.</summary>
    public static void Parse(string text, string source, CfgDocument document, DiagnosticList diagnostics)
        => new XmParser(text, source, document, diagnostics).File();

    private void File()
    {
        while (_token.Kind != PyTokenKind.End)
        {
            if (_token.Kind == PyTokenKind.NewLine || _token.Is(";"))
                Advance();
            else if (!Statement())
                SkipLine();
        }
    }

    private bool Statement()
    {
        var name = _token;
        if (name.Kind == PyTokenKind.Indent)
            return Refuse(name, "an indented line belongs to a Python block; blocks are not supported, write the value out");
        if (name.Kind != PyTokenKind.Name)
            return Refuse(name, $"expected the name of a key, found {name.Describe()}");
        if (name.Text == "import")
            return Import();
        if (Statements.Contains(name.Text))
            return Refuse(name, $"`{name.Text}' is a Python statement; only assignments are supported, write the value out");
        Advance();
        var append = _token.Is("+=");
        if (!append && !_token.Is("="))
            return Refuse(_token, $"expected `=' after `{name.Text}', found {_token.Describe()}; only assignments are supported");
        Advance();
        if (Sum(0) is not { } value)
            return false;
        if (_token.Kind is not (PyTokenKind.NewLine or PyTokenKind.End) && !_token.Is(";"))
            return Refuse(_token, $"expected the end of the line, found {_token.Describe()}");
        if (value is CfgAtom { Text: Nothing })
            return true;
        _document.Assign(name.Text, name.Position, value, append, _diagnostics);
        return true;
    }

    private bool Import()
    {
        do
        {
            Advance();
            if (!Modules.Contains(_token.Text))
                return Refuse(_token, $"`import' of {_token.Describe()}: only {string.Join(", ", Modules)} may be named, and nothing of them is executed");
            Advance();
        }
        while (_token.Is(","));
        return _token.Kind is PyTokenKind.NewLine or PyTokenKind.End || _token.Is(";") || Refuse(_token, $"expected the end of the line, found {_token.Describe()}");
    }

    // None: xm takes it for "not given".
    private const string Nothing = "\0None";

    private CfgValue? Sum(int depth) => Chain(depth, Product, "+", "-");

    private CfgValue? Product(int depth) => Chain(depth, Factor, "*", "/", "//", "%");

    private CfgValue? Chain(int depth, Func<int, CfgValue?> operand, params ReadOnlySpan<string> operators)
    {
        var value = operand(depth);
        while (value is not null && _token.Kind == PyTokenKind.Operator && operators.Contains(_token.Text))
        {
            var sign = _token;
            Advance();
            if (operand(depth) is not { } right)
                return null;
            value = PyExpressions.Apply(sign.Text, value, right, out var problem);
            if (value is null)
                Refuse(sign, problem!);
        }

        return value;
    }

    private CfgValue? Factor(int depth)
    {
        var token = _token;
        if (depth > MaxDepth)
        {
            Refuse(token, $"nested deeper than {MaxDepth}");
            return null;
        }

        switch (token.Kind)
        {
            case PyTokenKind.String:
                return Strings();
            case PyTokenKind.Number:
                Advance();
                if (PyExpressions.Number(token.Text) is { } number)
                    return new CfgAtom(token.Position, number.ToString(CultureInfo.InvariantCulture), false);
                Refuse(token, $"`{token.Text}' is not a whole number");
                return null;
            case PyTokenKind.Name:
                return Name(token);
            case PyTokenKind.Operator when token.Text == "-":
                Advance();
                return Factor(depth + 1) is CfgAtom { Quoted: false } negated
                    ? new CfgAtom(token.Position, negated.Text.StartsWith('-') ? negated.Text[1..] : "-" + negated.Text, false)
                    : null;
            case PyTokenKind.Operator when token.Text is "[" or "(":
                return Bracket(token, depth);
            default:
                Refuse(token, $"expected a string, a number or a list, found {token.Describe()}");
                return null;
        }
    }

    private CfgAtom Strings()
    {
        var (position, text) = (_token.Position, "");
        for (; _token.Kind == PyTokenKind.String; Advance())
            text += _token.Text;
        return new CfgAtom(position, text, true);
    }

    private CfgValue? Name(PyToken token)
    {
        Advance();
        if (token.Text == "os" && _token.Is("."))
            return OfOs(token);
        if (_token.Is("(") || _token.Is(".") || _token.Is("["))
        {
            Refuse(token, $"`{token.Text}{_token.Text}' would run Python; that is not supported, write the value out");
            return null;
        }

        switch (token.Text)
        {
            case "True": return new CfgAtom(token.Position, "1", false);
            case "False": return new CfgAtom(token.Position, "0", false);
            case "None": return new CfgAtom(token.Position, Nothing, true);
        }

        if (_document.TryUse(token.Text, out var setting))
            return setting.Value;
        Refuse(token, $"`{token.Text}' has no value here; strings need quotes");
        return null;
    }

    // os.uname()[4], by which examples choose between lib and lib64.
    private CfgAtom? OfOs(PyToken os)
    {
        Advance();
        var function = _token.Text;
        foreach (var expected in (string[])[function == "uname" ? function : "uname", "(", ")", "["])
        {
            if (_token.Text != expected)
            {
                Refuse(os, $"`os.{function}' would run Python; only os.uname()[0] and os.uname()[4] are known, write the value out");
                return null;
            }

            Advance();
        }

        var field = _token;
        Advance();
        if (!_token.Is("]") || PyExpressions.Number(field.Text) is not { } index || !Uname.TryGetValue(index, out var value))
        {
            Refuse(field, "of os.uname() only [0] and [4] are known, write the value out");
            return null;
        }

        Advance();
        return new CfgAtom(os.Position, value, true);
    }

    private CfgValue? Bracket(PyToken open, int depth)
    {
        var close = open.Text == "[" ? "]" : ")";
        var items = ImmutableArray.CreateBuilder<CfgValue>();
        var commas = 0;
        Advance();
        while (!_token.Is(close))
        {
            if (Sum(depth + 1) is not { } item)
                return null;
            items.Add(item);
            if (_token.Is(","))
            {
                commas++;
                Advance();
            }
            else if (!_token.Is(close))
            {
                Refuse(_token, $"expected `,' or `{close}', found {_token.Describe()}");
                return null;
            }
        }

        Advance();
        // (x) is x in brackets, (x,) is a list of one.
        return close == ")" && items.Count == 1 && commas == 0 ? items[0] : new CfgList(open.Position, items.ToImmutable());
    }

    private bool Refuse(PyToken at, string message)
    {
        if (at.Kind != PyTokenKind.Bad)
            _diagnostics.Error(at.Position, message);
        return false;
    }

    private void Advance() => _token = _lexer.Next();

    private void SkipLine()
    {
        // One message per line is enough.
        var before = _diagnostics.Count;
        while (_token.Kind is not (PyTokenKind.NewLine or PyTokenKind.End))
            Advance();
        _diagnostics.TruncateTo(before);
    }
}
