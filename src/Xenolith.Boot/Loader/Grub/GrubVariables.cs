using System.Text;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>The variables of a script, and the replacing of them in words.</summary>
internal sealed class GrubVariables(ReadBudget budget)
{
    private const int MaxValue = 1 << 16, MaxVariables = 4096, MaxWords = 1024;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The value of a variable; an unset one is empty.</summary>
    public string this[string name] => _values.GetValueOrDefault(name, string.Empty);

    /// <summary>The positional arguments of the running function.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>Sets a variable.</summary>
    public void Set(string name, string value)
    {
        if (value.Length > MaxValue || (_values.Count == MaxVariables && !_values.ContainsKey(name)))
        {
            throw new ImageException("its menu's script fills variables without end");
        }

        _values[name] = value;
    }

    /// <summary>Removes a variable.</summary>
    public void Unset(string name) => _values.Remove(name);

    /// <summary>Replaces the variables in words; unquoted values fall into words at blanks, and an empty one is no word.</summary>
    public List<string> Expand(IReadOnlyList<GrubWord> words)
    {
        var expanded = new List<string>();
        foreach (var word in words)
        {
            Expand(word, expanded);
        }

        return expanded.Count <= MaxWords ? expanded : throw new ImageException($"its menu has a command of {expanded.Count} words");
    }

    private void Expand(GrubWord word, List<string> expanded)
    {
        var current = new StringBuilder();
        var counts = false;
        foreach (var part in word.Parts)
        {
            var value = part.IsVariable ? Value(part.Text) : part.Text;
            budget.Spend(1 + (value.Length / 16));
            counts |= part.IsQuoted || (!part.IsVariable && value.Length > 0);
            if (!part.IsVariable || part.IsQuoted)
            {
                current.Append(value);
            }
            else
            {
                Split(value, current, ref counts, expanded);
            }

            if (current.Length > MaxValue)
            {
                throw new ImageException("its menu's script makes words without end");
            }
        }

        if (counts)
        {
            expanded.Add(current.ToString());
        }
    }

    private static void Split(string value, StringBuilder current, ref bool counts, List<string> expanded)
    {
        var pieces = value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < pieces.Length; i++)
        {
            if (i > 0)
            {
                expanded.Add(current.ToString());
                current.Clear();
            }

            current.Append(pieces[i]);
            counts = true;
        }
    }

    private string Value(string name) => name switch
    {
        "@" or "*" => string.Join(' ', Arguments),
        "#" => Arguments.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
        [>= '1' and <= '9'] => name[0] - '1' < Arguments.Count ? Arguments[name[0] - '1'] : string.Empty,
        _ => this[name],
    };
}
