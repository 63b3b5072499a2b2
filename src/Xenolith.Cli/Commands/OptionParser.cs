namespace Xenolith.Cli.Commands;

/// <summary>
/// Sorts a command line into options and arguments as getopt_long does: options and arguments in any order, letters in clusters,
/// <c>-fFILE</c> and <c>-f FILE</c>, <c>--long=value</c>, <c>--long value</c>, unique beginnings of long names, <c>--</c> as the end.
/// </summary>
public static class OptionParser
{
    /// <summary>What came of a command line.</summary>
    /// <param name="Options">The options in order, with their values.</param>
    /// <param name="Arguments">The rest in order.</param>
    /// <param name="Problem">What is wrong, or null.</param>
    public sealed record Result(IReadOnlyList<(string Name, string? Value)> Options, IReadOnlyList<string> Arguments, string? Problem);

    /// <summary>The name under which a request for help is reported.</summary>
    public const string HelpName = "help";

    private static readonly Option HelpOption = new('h', HelpName, "Print this help");

    /// <summary>Sorts <paramref name="words"/> by the options of a command.</summary>
    public static Result Parse(IReadOnlyList<string> words, IReadOnlyList<Option> options)
    {
        var (found, arguments) = (new List<(string, string?)>(), new List<string>());
        string? problem = null;
        for (var i = 0; i < words.Count && problem is null; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                arguments.AddRange(words.Skip(i + 1));
                break;
            }

            if (word.StartsWith("--", StringComparison.Ordinal))
                problem = Long(word[2..], words, ref i, options, found);
            else if (word.Length > 1 && word[0] == '-')
                problem = Cluster(word, words, ref i, options, found);
            else
                arguments.Add(word);
        }

        return new Result(found, arguments, problem);
    }

    private static string? Long(
        string word, IReadOnlyList<string> words, ref int i, IReadOnlyList<Option> options, List<(string, string?)> found)
    {
        var equals = word.IndexOf('=');
        var (name, value) = equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
        var candidates = options.Append(HelpOption).Where(o => o.Long?.StartsWith(name, StringComparison.Ordinal) == true).ToList();
        var option = candidates.Find(o => o.Long == name) ?? (candidates.Count == 1 ? candidates[0] : null);
        if (option is null)
            return candidates.Count > 1 ? $"option `--{name}' could be {string.Join(" or ", candidates.Select(o => "--" + o.Long))}" : $"option `--{name}' not supported";
        if (option.Argument is null && value is not null)
            return $"option `--{option.Long}' takes no value";
        if (option.Argument is not null && value is null && !IsOptional(option))
        {
            if (++i >= words.Count)
                return $"option `--{option.Long}' needs a value: {option.Argument}";
            value = words[i];
        }

        found.Add((option.Name, value));
        return null;
    }

    private static string? Cluster(
        string word, IReadOnlyList<string> words, ref int i, IReadOnlyList<Option> options, List<(string, string?)> found)
    {
        for (var at = 1; at < word.Length; at++)
        {
            var letter = word[at];
            var option = options.FirstOrDefault(o => o.Short == letter) ?? (letter == 'h' ? HelpOption : null);
            if (option is null)
                return $"option `{letter}' not supported";
            if (option.Argument is null)
            {
                found.Add((option.Name, null));
                continue;
            }

            string? value = at + 1 < word.Length ? word[(at + 1)..] : null;
            if (value is null && !IsOptional(option))
            {
                if (++i >= words.Count)
                    return $"option `{letter}' needs a value: {option.Argument}";
                value = words[i];
            }

            found.Add((option.Name, value));
            return null;
        }

        return null;
    }

    // An argument in brackets may be left out; then it must be attached when it is there.
    private static bool IsOptional(Option option) => option.Argument!.StartsWith('[');
}
