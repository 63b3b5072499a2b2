namespace Xenolith.Store.Paths;

/// <summary>
/// A canonical path: begins with '/', has no empty component and no trailing '/' (the root is "/").
/// The special watches' names stand below the root: "@releaseDomain" is "/@releaseDomain".
/// </summary>
internal readonly ref struct StorePath(ReadOnlySpan<byte> bytes)
{
    /// <summary>The root of the tree.</summary>
    public static StorePath Root => new("/"u8);

    /// <summary>The whole path.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Whether this is "/".</summary>
    public bool IsRoot => Bytes.Length == 1;

    /// <summary>The path of the directory that holds this node; the root's is the root.</summary>
    public StorePath Parent
    {
        get
        {
            var slash = Bytes.LastIndexOf((byte)'/');
            return slash <= 0 ? Root : new(Bytes[..slash]);
        }
    }

    /// <summary>The last component; empty for the root.</summary>
    public ReadOnlySpan<byte> Name => Bytes[(Bytes.LastIndexOf((byte)'/') + 1)..];

    /// <summary>The components from the top.</summary>
    public Components GetEnumerator() => new(Bytes);

    /// <summary>Walks a path's components; one more <see cref="MoveNext"/> tells whether another follows.</summary>
    public ref struct Components(ReadOnlySpan<byte> path)
    {
        private ReadOnlySpan<byte> _rest = path.Length == 1 ? [] : path;

        /// <summary>The present component.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Whether the present component is the last.</summary>
        public readonly bool IsLast => _rest.IsEmpty;

        /// <summary>Goes to the next component.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            var text = _rest[1..];
            var end = text.IndexOf((byte)'/');
            Current = end < 0 ? text : text[..end];
            _rest = end < 0 ? [] : text[end..];
            return true;
        }
    }
}
