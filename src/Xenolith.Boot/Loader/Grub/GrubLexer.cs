using System.Text;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>Cuts a script into words and ends of commands. A null is the end of a command: a line's end or a semicolon.</summary>
internal sealed class GrubLexer(string text, ReadBudget budget)
{
    private int _at;

    /// <summary>All words and ends.</summary>
    public List<GrubWord?> Read()
    {
        var words = new List<GrubWord?>();
        while (_at < text.Length)
        {
            budget.Spend();
            var c = text[_at];
            if (c is '\n' or ';')
            {
                words.Add(null);
                _at++;
            }
            else if (c is ' ' or '\t' or '\r' || (c == '\\' && Next is '\n'))
            {
                _at += c == '\\' ? 2 : 1;
            }
            else if (c == '#')
            {
                _at = text.IndexOf('\n', _at) is >= 0 and var end ? end : text.Length;
            }
            else if (c is '{' or '}')
            {
                words.Add(new([new(c.ToString(), false, false)]));
                _at++;
            }
            else
            {
                words.Add(Word());
            }
        }

        return words;
    }

    private char Next => _at + 1 < text.Length ? text[_at + 1] : '\0';

    private GrubWord Word()
    {
        var parts = new List<GrubWordPart>();
        var plain = new StringBuilder();
        while (_at < text.Length && text[_at] is not (' ' or '\t' or '\r' or '\n' or ';'))
        {
            switch (text[_at])
            {
                case '\'':
                    Flush(parts, plain);
                    parts.Add(new(Until('\''), false, true));
                    break;
                case '"':
                    Flush(parts, plain);
                    DoubleQuoted(parts);
                    break;
                case '\\' when Next == '\n':
                    _at += 2;
                    break;
                case '\\' when Next != '\0':
                    Flush(parts, plain);
                    parts.Add(new(Next.ToString(), false, true));
                    _at += 2;
                    break;
                case '$' when IsVariableStart(Next):
                    Flush(parts, plain);
                    parts.Add(new(Variable(), true, false));
                    break;
                default:
                    plain.Append(text[_at++]);
                    break;
            }
        }

        Flush(parts, plain);
        return new(parts);
    }

    private static void Flush(List<GrubWordPart> parts, StringBuilder plain)
    {
        if (plain.Length > 0)
        {
            parts.Add(new(plain.ToString(), false, false));
            plain.Clear();
        }
    }

    private string Until(char quote)
    {
        var end = text.IndexOf(quote, _at + 1);
        end = end < 0 ? text.Length : end;
        var inside = text[(_at + 1)..end];
        _at = Math.Min(end + 1, text.Length);
        return inside;
    }

    private void DoubleQuoted(List<GrubWordPart> parts)
    {
        var inside = new StringBuilder();
        for (_at++; _at < text.Length && text[_at] != '"';)
        {
            if (text[_at] == '\\' && Next is ('"' or '\\' or '$' or '\n'))
            {
                inside.Append(Next == '\n' ? string.Empty : Next);
                _at += 2;
            }
            else if (text[_at] == '$' && IsVariableStart(Next))
            {
                parts.Add(new(inside.ToString(), false, true));
                inside.Clear();
                parts.Add(new(Variable(), true, true));
            }
            else
            {
                inside.Append(text[_at++]);
            }
        }

        _at++;
        parts.Add(new(inside.ToString(), false, true));
    }

    private string Variable()
    {
        _at++;
        if (text[_at] == '{')
        {
            return Until('}');
        }

        var start = _at;
        if (!IsNameCharacter(text[_at]))
        {
            _at++; // $? $@ $#
        }

        while (_at < text.Length && IsNameCharacter(text[_at]))
        {
            _at++;
        }

        return text[start.._at];
    }

    private static bool IsVariableStart(char c) => IsNameCharacter(c) || c is '{' or '?' or '@' or '#' or '*';

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
