using System.Text;
using Xenolith.Config.Grammar;

namespace Xenolith.Config.Xm;

/// <summary>Cuts an xm configuration into Python's tokens: line ends count only outside brackets, a backslash joins lines.</summary>
internal sealed class PyLexer(string text, string source, DiagnosticList diagnostics)
{
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private int _depth;
    private bool _atLineStart = true;

    private SourcePosition Here => new(source, _line, _at - _lineStart + 1);

    private char Current => _at < text.Length ? text[_at] : '\0';

    /// <summary>The next token; <see cref="PyTokenKind.End"/> for ever at the end.</summary>
    public PyToken Next()
    {
        var indented = SkipBlanks();
        var here = Here;
        if (_at >= text.Length)
            return new PyToken(PyTokenKind.End, here, "");
        if (Current == '\n')
        {
            NewLine();
            _atLineStart = true;
            return new PyToken(PyTokenKind.NewLine, here, "");
        }

        if (indented)
            return new PyToken(PyTokenKind.Indent, here, "");
        if (StringPrefix() is { } prefix)
            return Quoted(here, prefix);
        if (char.IsAsciiLetter(Current) || Current == '_')
            return Run(PyTokenKind.Name, here);
        if (char.IsAsciiDigit(Current))
            return Run(PyTokenKind.Number, here);
        return Operator(here);
    }

    // True when a logical line begins with blanks.
    private bool SkipBlanks()
    {
        while (_at < text.Length)
        {
            switch (Current)
            {
                case ' ' or '\t' or '\r':
                    _at++;
                    continue;
                case '#':
                    while (_at < text.Length && Current != '\n')
                        _at++;
                    continue;
                case '\\' when _at + 1 < text.Length && text[_at + 1] == '\n':
                    _at++;
                    NewLine();
                    continue;
                case '\n' when _depth > 0 || _atLineStart:
                    NewLine();
                    continue;
            }

            break;
        }

        var indented = _atLineStart && _at > _lineStart && _at < text.Length;
        _atLineStart = false;
        return indented;
    }

    private void NewLine()
    {
        _at++;
        _line++;
        _lineStart = _at;
    }

    // The letters before a quote, or null when no string begins here.
    private string? StringPrefix()
    {
        var end = _at;
        while (end < text.Length && end - _at < 2 && text[end] is 'r' or 'R' or 'u' or 'U' or 'b' or 'B')
            end++;
        return end < text.Length && text[end] is '"' or '\'' ? text[_at..end] : null;
    }

    private PyToken Quoted(SourcePosition here, string prefix)
    {
        _at += prefix.Length;
        var quote = Current;
        var triple = _at + 2 < text.Length && text[_at + 1] == quote && text[_at + 2] == quote;
        _at += triple ? 3 : 1;
        var raw = prefix.Contains('r', StringComparison.OrdinalIgnoreCase);
        var built = new StringBuilder();
        while (_at < text.Length)
        {
            var c = Current;
            if (c == quote && (!triple || (_at + 2 < text.Length && text[_at + 1] == quote && text[_at + 2] == quote)))
            {
                _at += triple ? 3 : 1;
                return new PyToken(PyTokenKind.String, here, built.ToString());
            }

            if (c == '\n' && !triple)
                break;
            if (c == '\\' && !raw && _at + 1 < text.Length)
            {
                Escape(built);
                continue;
            }

            built.Append(c);
            if (c == '\n')
                NewLine();
            else
                _at++;
        }

        diagnostics.Error(here, $"the string that begins here has no closing {quote}");
        return new PyToken(PyTokenKind.Bad, here, "");
    }

    private void Escape(StringBuilder built)
    {
        var c = text[_at + 1];
        if (c == '\n')
        {
            _at++;
            NewLine();
            return;
        }

        const string Letters = "abfnrtv\\'\"";
        var known = Letters.IndexOf(c);
        // As in Python, a backslash before any other character stays.
        built.Append(known < 0 ? "\\" + c : "\a\b\f\n\r\t\v\\'\""[known].ToString());
        _at += 2;
    }

    private PyToken Run(PyTokenKind kind, SourcePosition here)
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current == '_' || (kind == PyTokenKind.Number && Current == '.'))
            _at++;
        return new PyToken(kind, here, text[start.._at]);
    }

    private PyToken Operator(SourcePosition here)
    {
        var two = _at + 1 < text.Length ? text.Substring(_at, 2) : "";
        var one = two is "+=" or "==" or "**" or "//" or "!=" or "<=" or ">=" ? two : text[_at].ToString();
        _at += one.Length;
        _depth += one is "[" or "(" or "{" ? 1 : one is "]" or ")" or "}" && _depth > 0 ? -1 : 0;
        return new PyToken(PyTokenKind.Operator, here, one);
    }
}
