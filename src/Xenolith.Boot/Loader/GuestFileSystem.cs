namespace Xenolith.Boot.Loader;

/// <summary>A file system of a guest, read only.</summary>
internal abstract class GuestFileSystem
{
    /// <summary>Its UUID as text; empty if it has none.</summary>
    public abstract string Uuid { get; }

    /// <summary>Its label.</summary>
    public abstract string Label { get; }

    /// <summary>Opens a regular file, links followed; null if there is none.</summary>
    /// <param name="path">The path from the file system's root, with or without a slash before it.</param>
    /// <param name="limit">Most bytes it may have.</param>
    /// <exception cref="ImageException">Something on the way to it is damaged, or it is too large.</exception>
    public abstract FileContent? Open(string path, long limit);

    /// <summary>The names in a directory; none if there is no such directory.</summary>
    public abstract IReadOnlyList<string> List(string path);
}
