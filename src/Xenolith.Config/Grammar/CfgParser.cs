using System.Collections.Immutable;

namespace Xenolith.Config.Grammar;

/// <summary>
/// Parses xl.cfg's grammar: assignments separated by line ends or <c>;</c>, values that are atoms or nested lists, line ends allowed
/// anywhere inside a list, one comma allowed after its last item. After a mistake it goes on with the next line.
/// </summary>
public sealed class CfgParser
{
    // Real files nest twice (vsnd); the limit keeps a hostile file from overflowing the stack.
    private const int MaxDepth = 64;

    private readonly CfgLexer _lexer;
    private readonly CfgDocument _document;
    private readonly DiagnosticList _diagnostics;
    private Token _token;

    private CfgParser(string text, string source, int firstLine, CfgDocument document, DiagnosticList diagnostics)
    {
        _lexer = new CfgLexer(text, source, firstLine, diagnostics);
        (_document, _diagnostics) = (document, diagnostics);
        _token = _lexer.Next();
    }

    /// <summary>Parses <paramref name="text"/> and applies its assignments to <paramref name="document"/>.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="source">Its name in messages.</param>
    /// <param name="document">What is assigned to.</param>
    /// <param name="diagnostics">Told about every line that is wrong.</param>
    /// <param name="firstLine">The number of the first line.</param>
    public static void Parse(string text, string source, CfgDocument document, DiagnosticList diagnostics, int firstLine = 1)
        => new CfgParser(text, source, firstLine, document, diagnostics).Statements();

    private void Statements()
    {
        while (_token.Kind != TokenKind.End)
        {
            if (_token.Kind is TokenKind.NewLine or TokenKind.Semicolon)
                Advance();
            else if (!Assignment())
                SkipLine();
        }
    }

    private bool Assignment()
    {
        var name = _token;
        if (name.Kind != TokenKind.Name)
            return Expected("the name of a key");
        Advance();
        var append = _token.Kind == TokenKind.Append;
        if (!append && _token.Kind != TokenKind.Assign)
            return Expected($"`=' or `+=' after `{name.Text}'");
        Advance();
        if (Value(0, name.Text) is not { } value)
            return false;
        if (_token.Kind is not (TokenKind.NewLine or TokenKind.Semicolon or TokenKind.End))
            return Expected("the end of the line or `;'");
        _document.Assign(name.Text, name.Position, value, append, _diagnostics);
        return true;
    }

    private CfgValue? Value(int depth, string key)
    {
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.String or TokenKind.Number:
                Advance();
                return new CfgAtom(token.Position, token.Text, token.Kind == TokenKind.String);
            case TokenKind.Open when depth < MaxDepth:
                return List(depth, key);
            case TokenKind.Open:
                _diagnostics.Error(token.Position, $"lists nested deeper than {MaxDepth}");
                return null;
            case TokenKind.Name:
                _diagnostics.Error(token.Position,
                    $"`{key}' needs a string, a number or a list; strings need quotes: \"{token.Text}\"");
                return null;
            default:
                Expected($"a string in quotes, a number or a list for `{key}'");
                return null;
        }
    }

    private CfgList? List(int depth, string key)
    {
        var open = _token.Position;
        var items = ImmutableArray.CreateBuilder<CfgValue>();
        Advance();
        SkipNewLines();
        while (_token.Kind != TokenKind.Close)
        {
            if (Value(depth + 1, key) is not { } item)
                return null;
            items.Add(item);
            SkipNewLines();
            if (_token.Kind == TokenKind.Comma)
            {
                Advance();
                SkipNewLines();
            }
            else if (_token.Kind != TokenKind.Close)
            {
                Expected($"`,' or `]' in the list that begins at {open.Line}:{open.Column}");
                return null;
            }
        }

        Advance();
        return new CfgList(open, items.ToImmutable());
    }

    private bool Expected(string what)
    {
        if (_token.Kind != TokenKind.Bad)
            _diagnostics.Error(_token.Position, $"expected {what}, found {_token.Describe()}");
        return false;
    }

    private void Advance() => _token = _lexer.Next();

    private void SkipNewLines()
    {
        while (_token.Kind == TokenKind.NewLine)
            Advance();
    }

    private void SkipLine()
    {
        // One message per line is enough: what follows a mistake on the same line is seldom a second one.
        var before = _diagnostics.Count;
        while (_token.Kind is not (TokenKind.NewLine or TokenKind.End))
            Advance();
        _diagnostics.TruncateTo(before);
    }
}
