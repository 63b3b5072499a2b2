using System.Globalization;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>The command <c>test</c> or <c>[ ... ]</c>: comparisons of strings and numbers, and questions about files.</summary>
internal sealed class GrubTest
{
    private const int MaxDepth = 64;

    private readonly IReadOnlyList<string> _words;
    private readonly Func<string, long?> _fileSize;
    private int _at;
    private int _depth;

    private GrubTest(IReadOnlyList<string> words, Func<string, long?> fileSize)
    {
        _words = words;
        _fileSize = fileSize;
    }

    /// <summary>Says whether the expression holds.</summary>
    /// <param name="words">The expression, without brackets.</param>
    /// <param name="fileSize">The size of a file; null if there is none.</param>
    public static bool Holds(IReadOnlyList<string> words, Func<string, long?> fileSize) => words.Count > 0 && new GrubTest(words, fileSize).Or();

    private bool Or()
    {
        if (++_depth > MaxDepth)
        {
            throw new ImageException($"a test in its menu is nested more than {MaxDepth} deep");
        }

        var holds = And();
        while (Take("-o"))
        {
            holds |= And();
        }

        _depth--;
        return holds;
    }

    private bool And()
    {
        var holds = Not();
        while (Take("-a"))
        {
            holds &= Not();
        }

        return holds;
    }

    private bool Not()
    {
        var negated = false;
        while (Take("!"))
        {
            negated = !negated;
        }

        return negated ^ Primary();
    }

    private bool Primary()
    {
        if (Take("("))
        {
            var holds = Or();
            Take(")");
            return holds;
        }

        if (_at + 2 < _words.Count && Compare(_words[_at], _words[_at + 1], _words[_at + 2]) is { } compared)
        {
            _at += 3;
            return compared;
        }

        if (_at + 1 < _words.Count && Ask(_words[_at], _words[_at + 1]) is { } answer)
        {
            _at += 2;
            return answer;
        }

        return _at < _words.Count && _words[_at++].Length > 0;
    }

    private bool? Ask(string question, string word) => question switch
    {
        "-n" => word.Length > 0,
        "-z" => word.Length == 0,
        "-e" or "-f" => _fileSize(word) is not null,
        "-s" => _fileSize(word) > 0,
        "-d" => false, // directories are asked for by scripts about fonts and themes only
        _ => null,
    };

    private static bool? Compare(string left, string relation, string right) => relation switch
    {
        "=" or "==" => left == right,
        "!=" => left != right,
        "<" => string.CompareOrdinal(left, right) < 0,
        ">" => string.CompareOrdinal(left, right) > 0,
        "-eq" => Number(left) == Number(right),
        "-ne" => Number(left) != Number(right),
        "-lt" => Number(left) < Number(right),
        "-le" => Number(left) <= Number(right),
        "-gt" => Number(left) > Number(right),
        "-ge" => Number(left) >= Number(right),
        _ => null,
    };

    private static long Number(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private bool Take(string word)
    {
        if (_at >= _words.Count || _words[_at] != word)
        {
            return false;
        }

        _at++;
        return true;
    }
}
