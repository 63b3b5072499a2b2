namespace Xenolith.Config.Grammar;

/// <summary>
/// Cuts a configuration text into tokens exactly as libxlu does: names are small letters, an unquoted atom begins with a digit and
/// goes on with <c>0-9 a-f x</c>, strings end on their line, <c>#</c> begins a comment that counts as the end of the line.
/// </summary>
internal sealed class CfgLexer
{
    private readonly string _text;
    private readonly string _source;
    private readonly int _firstLine;
    private readonly DiagnosticList _diagnostics;
    private int _at;
    private int _line;
    private int _lineStart;

    /// <summary>Begins to read <paramref name="text"/>.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="source">Its name in messages.</param>
    /// <param name="firstLine">The number of its first line.</param>
    /// <param name="diagnostics">Told about characters that belong to no token.</param>
    public CfgLexer(string text, string source, int firstLine, DiagnosticList diagnostics)
    {
        (_text, _source, _firstLine, _diagnostics) = (text, source, firstLine, diagnostics);
        _line = _firstLine;
    }

    private SourcePosition Here => new(_source, _line, _at - _lineStart + 1);

    /// <summary>The next token; <see cref="TokenKind.End"/> for ever at the end.</summary>
    public Token Next()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
            _at++;
        if (_at >= _text.Length)
            return new Token(TokenKind.End, Here, "");

        var here = Here;
        var c = _text[_at];
        switch (c)
        {
            case '\n': return EndLine(here);
            case '#': return Comment(here);
            case ',': return Single(TokenKind.Comma, here);
            case '[': return Single(TokenKind.Open, here);
            case ']': return Single(TokenKind.Close, here);
            case '=': return Single(TokenKind.Assign, here);
            case ';': return Single(TokenKind.Semicolon, here);
            case '+' when _at + 1 < _text.Length && _text[_at + 1] == '=':
                _at += 2;
                return new Token(TokenKind.Append, here, "");
            case '"' or '\'': return Quoted(here, c);
            case >= 'a' and <= 'z':
                return Run(TokenKind.Name, here, static c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '.' or '_');
            case >= '0' and <= '9':
                return Run(TokenKind.Number, here, static c => c is >= '0' and <= '9' or >= 'a' and <= 'f' or 'x');
            default: return Unreadable(here);
        }
    }

    private Token Single(TokenKind kind, SourcePosition here)
    {
        _at++;
        return new Token(kind, here, "");
    }

    private Token EndLine(SourcePosition here)
    {
        _at++;
        _line++;
        _lineStart = _at;
        return new Token(TokenKind.NewLine, here, "");
    }

    private Token Comment(SourcePosition here)
    {
        var end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
        return end < 0 ? new Token(TokenKind.End, here, "") : EndLine(here);
    }

    private Token Run(TokenKind kind, SourcePosition here, Func<char, bool> belongs)
    {
        var start = _at;
        while (_at < _text.Length && belongs(_text[_at]))
            _at++;
        return new Token(kind, here, _text[start.._at]);
    }

    private Token Quoted(SourcePosition here, char quote)
    {
        var start = _at + 1;
        var end = start;
        while (end < _text.Length && _text[end] != quote && _text[end] != '\n')
            end += _text[end] == '\\' && end + 1 < _text.Length && _text[end + 1] != '\n' ? 2 : 1;
        if (end >= _text.Length || _text[end] != quote)
        {
            _at = Math.Min(end, _text.Length);
            _diagnostics.Error(here, $"the string that begins here has no closing {quote} on its line");
            return new Token(TokenKind.Bad, here, "");
        }

        _at = end + 1;
        if (QuotedString.TryResolve(_text.AsSpan(start, end - start), out var text, out var offset, out var problem))
            return new Token(TokenKind.String, here, text);
        _diagnostics.Error(here with { Column = here.Column + 1 + offset }, problem!);
        return new Token(TokenKind.Bad, here, "");
    }

    private Token Unreadable(SourcePosition here)
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is not (' ' or '\t' or '\n'))
            _at++;
        _diagnostics.Error(here, UnreadableText.Explain(_text[start.._at]));
        return new Token(TokenKind.Bad, here, "");
    }
}
