using System.Globalization;
using System.Text;

namespace Xenolith.Config.Json;

/// <summary>
/// Writes JSON exactly as libxl does through yajl's beautifier: four blanks of indentation, one member per line, an empty line inside
/// empty maps and lists. Scripts such as xendomains grep this form by its indentation.
/// </summary>
public sealed class YajlWriter
{
    private const int Indentation = 4;
    private readonly StringBuilder _text = new();
    private readonly Stack<char> _open = new();
    private bool _first = true;
    private bool _afterName;

    /// <summary>The document, ending in a line feed.</summary>
    public override string ToString() => _text + "\n";

    /// <summary>Begins a map.</summary>
    public YajlWriter OpenMap() => Open('{', '}');

    /// <summary>Begins a list.</summary>
    public YajlWriter OpenList() => Open('[', ']');

    /// <summary>Ends the innermost map or list.</summary>
    public YajlWriter Close()
    {
        var end = _open.Pop();
        _text.Append('\n').Append(' ', _open.Count * Indentation).Append(end);
        _first = false;
        return this;
    }

    /// <summary>Writes the name of the next member of a map.</summary>
    public YajlWriter Name(string name)
    {
        Separate();
        Quote(name);
        _text.Append(": ");
        _afterName = true;
        return this;
    }

    /// <summary>Writes a string.</summary>
    public YajlWriter Text(string value)
    {
        Separate();
        Quote(value);
        return this;
    }

    /// <summary>Writes a number.</summary>
    public YajlWriter Number(long value)
    {
        Separate();
        _text.Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    /// <summary>Writes a JSON boolean; libxl's three-valued defbools are strings instead.</summary>
    public YajlWriter Boolean(bool value)
    {
        Separate();
        _text.Append(value ? "true" : "false");
        return this;
    }

    /// <summary>Writes a member unless its value is null.</summary>
    public YajlWriter Member(string name, string? value) => value is null ? this : Name(name).Text(value);

    /// <summary>Writes a member unless its value is null.</summary>
    public YajlWriter Member(string name, long? value) => value is { } number ? Name(name).Number(number) : this;

    /// <summary>Writes a defbool, <c>"True"</c> or <c>"False"</c>, unless it is null.</summary>
    public YajlWriter DefBool(string name, bool? value) => value is { } known ? Name(name).Text(known ? "True" : "False") : this;

    /// <summary>Writes an empty map as a member.</summary>
    public YajlWriter EmptyMap(string name) => Name(name).OpenMap().Close();

    private YajlWriter Open(char begin, char end)
    {
        Separate();
        _text.Append(begin).Append('\n');
        _open.Push(end);
        _first = true;
        return this;
    }

    private void Separate()
    {
        if (_afterName)
        {
            _afterName = false;
            return;
        }

        if (!_first)
            _text.Append(",\n");
        _text.Append(' ', _open.Count * Indentation);
        _first = false;
    }

    private void Quote(string value)
    {
        _text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => _text.Append("\\\""),
                '\\' => _text.Append("\\\\"),
                '\n' => _text.Append("\\n"),
                '\r' => _text.Append("\\r"),
                '\t' => _text.Append("\\t"),
                '\b' => _text.Append("\\b"),
                '\f' => _text.Append("\\f"),
                < ' ' => _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => _text.Append(c),
            };
        }

        _text.Append('"');
    }
}
