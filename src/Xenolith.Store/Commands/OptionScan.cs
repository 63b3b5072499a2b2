namespace Xenolith.Store.Commands;

/// <summary>
/// Splits arguments into options and operands as GNU getopt_long does: options may stand behind operands, short ones may be joined,
/// long ones abbreviated, and "--" ends them. Scripts rely on each of these.
/// </summary>
internal sealed class OptionScan
{
    private readonly string _program;
    private readonly string _shorts;
    private readonly IReadOnlyList<(string Name, char Letter)> _longs;
    private readonly TextWriter _error;

    /// <summary>Scans arguments.</summary>
    /// <param name="program">The name for messages.</param>
    /// <param name="shorts">The letters allowed, with ':' behind those that take a value.</param>
    /// <param name="longs">The long names, each with the letter it stands for.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="error">Where wrong options are named; they are then left out, as the originals do.</param>
    public OptionScan(string program, string shorts, IReadOnlyList<(string Name, char Letter)> longs, IReadOnlyList<string> arguments, TextWriter error)
    {
        _program = program;
        _shorts = shorts;
        _longs = longs;
        _error = error;
        Scan(arguments);
    }

    /// <summary>The options in order, with their values.</summary>
    public List<(char Letter, string Value)> Options { get; } = [];

    /// <summary>Everything else in order.</summary>
    public List<string> Operands { get; } = [];

    private void Scan(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                Operands.AddRange(arguments.Skip(i + 1));
                return;
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
                Long(arguments, ref i);
            else if (argument.Length > 1 && argument[0] == '-')
                Short(arguments, ref i);
            else
                Operands.Add(argument);
        }
    }

    private void Short(IReadOnlyList<string> arguments, ref int i)
    {
        var letters = arguments[i];
        for (var at = 1; at < letters.Length; at++)
        {
            var known = letters[at] == ':' ? -1 : _shorts.IndexOf(letters[at], StringComparison.Ordinal);
            if (known < 0)
            {
                _error.WriteLine($"{_program}: invalid option -- '{letters[at]}'");
                continue;
            }

            if (known + 1 >= _shorts.Length || _shorts[known + 1] != ':')
            {
                Options.Add((letters[at], ""));
                continue;
            }

            if (at + 1 < letters.Length)
                Options.Add((letters[at], letters[(at + 1)..]));
            else if (i + 1 < arguments.Count)
                Options.Add((letters[at], arguments[++i]));
            else
                _error.WriteLine($"{_program}: option requires an argument -- '{letters[at]}'");
            return;
        }
    }

    private void Long(IReadOnlyList<string> arguments, ref int i)
    {
        var text = arguments[i][2..];
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? text : text[..equals];
        var found = _longs.Where(l => l.Name == name).ToArray();
        if (found.Length == 0)
            found = [.. _longs.Where(l => l.Name.StartsWith(name, StringComparison.Ordinal))];
        if (found.Length != 1)
        {
            _error.WriteLine(found.Length == 0
                ? $"{_program}: unrecognized option '--{name}'"
                : $"{_program}: option '--{name}' is ambiguous; possibilities: {string.Join(' ', found.Select(f => $"'--{f.Name}'"))}");
            return;
        }

        var takesValue = _shorts.Contains($"{found[0].Letter}:", StringComparison.Ordinal);
        if (!takesValue && equals >= 0)
            _error.WriteLine($"{_program}: option '--{found[0].Name}' doesn't allow an argument");
        else if (!takesValue || equals >= 0)
            Options.Add((found[0].Letter, equals < 0 ? "" : text[(equals + 1)..]));
        else if (i + 1 < arguments.Count)
            Options.Add((found[0].Letter, arguments[++i]));
        else
            _error.WriteLine($"{_program}: option '--{found[0].Name}' requires an argument");
    }
}
