using System.Globalization;

namespace Xenolith.Cli.Xl.Top;

/// <summary>What keys do while <c>xl top</c> runs; pure, so that it can be tested without a terminal.</summary>
internal sealed class TopKeys
{
    private const int LongestNumber = 5;
    private const char Escape = '\x1b';
    private string? _typed;

    /// <summary>Set by q, Escape and ^C.</summary>
    public bool Quit { get; private set; }

    /// <summary>What is asked for at the bottom, with what was typed; null when nothing is.</summary>
    public string? Prompt => _typed is null ? null : $"Delay(sec): {_typed}";

    /// <summary>Takes what the terminal sent at once, and gives the view after it.</summary>
    public TopView Press(string keys, TopView view)
    {
        switch (keys)
        {
            case "\x1b[A" or "\x1bOA":
                return view with { Skip = Math.Max(0, view.Skip - 1) };
            case "\x1b[B" or "\x1bOB":
                return view with { Skip = view.Skip + 1 };
            case "\x1b" when _typed is not null:
                _typed = null;
                return view;
            case [Escape, _, ..]:
                return view; // some other key with a long name
        }

        foreach (var key in keys)
            view = _typed is null ? Command(key, view) : Edit(key, view);
        return view;
    }

    private TopView Command(char key, TopView view)
    {
        switch (char.ToLowerInvariant(key))
        {
            case 'n': return view with { Networks = !view.Networks };
            case 'b': return view with { Vbds = !view.Vbds };
            case 'v': return view with { Vcpus = !view.Vcpus };
            case 'r': return view with { RepeatHeading = !view.RepeatHeading };
            case 's': return view with { Sort = (view.Sort + 1) % TopColumns.All.Length };
            case 'd':
                _typed = "";
                return view;
            case 'q' or Escape or '\x03':
                Quit = true;
                return view;
            default:
                return view;
        }
    }

    private TopView Edit(char key, TopView view)
    {
        switch (key)
        {
            case '\r' or '\n':
                var typed = _typed;
                _typed = null;
                return int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var delay) && delay > 0 ? view with { Delay = delay } : view;
            case '\b' or '\x7f':
                _typed = _typed!.Length == 0 ? "" : _typed[..^1];
                return view;
            case '\x03':
                Quit = true;
                return view;
            default:
                if (char.IsAsciiDigit(key) && _typed!.Length < LongestNumber)
                    _typed += key;
                return view;
        }
    }
}
