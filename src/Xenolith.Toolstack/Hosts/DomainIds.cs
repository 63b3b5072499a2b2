using System.Globalization;
using System.Text;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// The counter of domain ids, kept in the run directory's file <c>ids</c>: ids count up from 1 to <see cref="Last"/>, then wrap; a freed id rests
/// for <see cref="RestMilliseconds"/> before it is given again, so that a script's old number does not hit a new domain.
/// <para>Thread ownership: under the host's lock.</para>
/// </summary>
internal sealed class DomainIds
{
    /// <summary>The highest id of an ordinary domain; Xen's special ids start above it.</summary>
    public const int Last = 32751;

    /// <summary>How long a freed id rests.</summary>
    public const long RestMilliseconds = 60_000;

    /// <summary>The file's name.</summary>
    public const string FileName = "ids";

    private readonly Dictionary<int, long> _freed = [];
    private int _next = 1;

    /// <summary>Gives the next id that is neither in use nor at rest.</summary>
    /// <param name="inUse">Ids of domains that exist.</param>
    /// <param name="now">Milliseconds since boot.</param>
    /// <returns>The id, or null if every one is taken.</returns>
    public int? Take(IReadOnlySet<int> inUse, long now)
    {
        Forget(now);
        for (var tries = 0; tries < Last; tries++)
        {
            var id = _next;
            _next = id == Last ? 1 : id + 1;
            if (!inUse.Contains(id) && !_freed.ContainsKey(id))
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>Starts an id's rest.</summary>
    public void Free(int id, long now)
    {
        Forget(now);
        _freed[id] = now;
    }

    /// <summary>The file's text: the next id, then one line for each id at rest.</summary>
    public string ToText()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"next {_next}\n");
        foreach (var (id, since) in _freed)
        {
            text.Append(CultureInfo.InvariantCulture, $"freed {id} {since}\n");
        }

        return text.ToString();
    }

    /// <summary>Reads the file's text; damaged lines are skipped, and an empty text is a fresh counter.</summary>
    public static DomainIds FromText(string text)
    {
        var ids = new DomainIds();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ');
            if (words.Length >= 2 && int.TryParse(words[1], CultureInfo.InvariantCulture, out var id) && id is >= 1 and <= Last)
            {
                if (words[0] == "next")
                {
                    ids._next = id;
                }
                else if (words is ["freed", _, var when] && long.TryParse(when, CultureInfo.InvariantCulture, out var since))
                {
                    ids._freed[id] = since;
                }
            }
        }

        return ids;
    }

    private void Forget(long now)
    {
        foreach (var (id, since) in _freed)
        {
            if (now - since >= RestMilliseconds)
            {
                _freed.Remove(id);
            }
        }
    }
}
