namespace Xenolith.Boot.Loader;

/// <summary>A file system as a tree of directories with links in it: the walk along a path, which is the same in every format. One thread.</summary>
/// <typeparam name="T">What the format has for a file.</typeparam>
/// <param name="budget">Limits the work.</param>
internal abstract class GuestTree<T>(ReadBudget budget) : GuestFileSystem
    where T : class, IGuestNode
{
    /// <summary>Longest path that is followed, and longest target of a link.</summary>
    protected const int MaxPath = 4096;

    private const int MaxLinks = 40, MaxListed = 4096;

    /// <inheritdoc/>
    public override FileContent? Open(string path, long limit) => Walk(path) is { IsFile: true } node ? Content(node, limit) : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> List(string path) => Walk(path) is { IsDirectory: true } node ? [.. Names(node).Take(MaxListed)] : [];

    /// <summary>The directory at the top.</summary>
    protected abstract T Root();

    /// <summary>What a directory has under a name, or null.</summary>
    protected abstract T? Find(T directory, string name);

    /// <summary>All names in a directory, <c>.</c> and <c>..</c> left out.</summary>
    protected abstract IEnumerable<string> Names(T directory);

    /// <summary>Where a link leads.</summary>
    protected abstract string Target(T link);

    /// <summary>The content of a file of at most <paramref name="limit"/> bytes.</summary>
    protected abstract FileContent Content(T file, long limit);

    /// <summary>Refuses a file that is larger than it may be.</summary>
    protected static void CheckSize(long size, long limit)
    {
        if (size < 0 || size > limit)
        {
            throw new ImageException($"a file of {(ulong)size} bytes is named, more than the {limit} bytes it may have");
        }
    }

    private T? Walk(string path)
    {
        if (path.Length > MaxPath)
        {
            throw new ImageException($"a path of {path.Length} characters is named");
        }

        var ahead = new Stack<string>(Parts(path).Reverse());
        var trail = new Stack<T>([Root()]);
        var links = 0;
        while (ahead.TryPop(out var part))
        {
            budget.Spend();
            if (part == "..")
            {
                if (trail.Count > 1)
                {
                    trail.Pop();
                }

                continue;
            }

            if (!trail.Peek().IsDirectory || Find(trail.Peek(), part) is not { } node)
            {
                return null;
            }

            if (!node.IsLink)
            {
                trail.Push(node);
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new ImageException($"the links on the way to {path} lead in a circle");
            }

            var target = Target(node);
            if (target.StartsWith('/'))
            {
                trail = new([trail.Last()]);
            }

            foreach (var piece in Parts(target).Reverse())
            {
                ahead.Push(piece);
            }

            if (ahead.Count > MaxPath)
            {
                throw new ImageException($"the links on the way to {path} make it endless");
            }
        }

        return trail.Peek();
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".");
}
