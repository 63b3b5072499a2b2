namespace Xenolith.Config.Keys;

/// <summary>Finds the word somebody meant: at most two letters wrong, missing, too many or swapped; in a short word fewer.</summary>
public static class Misspelling
{
    /// <summary>The candidate nearest to <paramref name="word"/>, or null when none is near.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="candidates">What could have been meant.</param>
    /// <param name="nameOf">The name of a candidate.</param>
    public static T? Nearest<T>(string word, IEnumerable<T> candidates, Func<T, string> nameOf)
        where T : class
    {
        T? nearest = null;
        var least = 3;
        foreach (var candidate in candidates)
        {
            var name = nameOf(candidate);
            var distance = Distance(word, name);
            // With two changes in three letters anything becomes anything: `nic' is not a misspelt `vif'.
            if (distance <= Math.Min(2, Math.Min(name.Length, word.Length) / 3) && distance < least)
                (nearest, least) = (candidate, distance);
        }

        return nearest;
    }

    /// <summary>How many letters to change, add, remove or swap with their neighbour to get from one word to the other; 3 for more than two.</summary>
    public static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 2)
            return 3;
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, last, row) = (last, row, before);
        }

        return Math.Min(last[b.Length], 3);
    }
}
