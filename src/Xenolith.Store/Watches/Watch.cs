namespace Xenolith.Store.Watches;

/// <summary>A client's wish to hear of changes at and below a path.</summary>
internal sealed class Watch
{
    /// <summary>Makes a watch.</summary>
    public Watch(Watcher watcher, WatchNode node, byte[] path, int prefixLength, byte[] token, int depth)
    {
        Watcher = watcher;
        Node = node;
        Path = path;
        PrefixLength = prefixLength;
        Token = token;
        Depth = depth;
    }

    /// <summary>Who hears.</summary>
    public Watcher Watcher { get; }

    /// <summary>Where the watch stands in the tree of watches.</summary>
    public WatchNode Node { get; }

    /// <summary>The canonical path.</summary>
    public byte[] Path { get; }

    /// <summary>Bytes at the start of paths that this client does not see: it gave a relative or a special path.</summary>
    public int PrefixLength { get; }

    /// <summary>The client's own name for the watch.</summary>
    public byte[] Token { get; }

    /// <summary>Levels below the path that count, -1 for all.</summary>
    public int Depth { get; }

    /// <summary>Events of this watch were dropped because the client does not read; one event for its path is owed.</summary>
    public bool Overdue { get; set; }

    /// <summary>The watch outlived a restart of the store; setting it once more is no error, for the client may repeat a request.</summary>
    public bool Restored { get; set; }

    /// <summary>Bytes that the watch counts in its domain's memory quota.</summary>
    public int Bytes => Path.Length + Token.Length;

    /// <summary>Whether the watch hears of a change that many levels below its path.</summary>
    public bool Reaches(int levels) => Depth < 0 || levels <= Depth;
}
