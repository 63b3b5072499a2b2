namespace Xenolith.Boot.Loader;

/// <summary>A file, directory or link of a file system, whatever its format calls it.</summary>
internal interface IGuestNode
{
    /// <summary>A regular file?</summary>
    bool IsFile { get; }

    /// <summary>A directory?</summary>
    bool IsDirectory { get; }

    /// <summary>A symbolic link?</summary>
    bool IsLink { get; }
}
