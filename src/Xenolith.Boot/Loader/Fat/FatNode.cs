namespace Xenolith.Boot.Loader.Fat;

/// <summary>A file or directory, as its entry tells it.</summary>
/// <param name="Name">Its long name, else the short one.</param>
/// <param name="ShortName">Its short name, such as <c>VMLINU~1.IMG</c>.</param>
/// <param name="Cluster">Its first cluster; 0 if it is empty, or the root directory in a place of its own.</param>
/// <param name="Size">Bytes; 0 for a directory.</param>
/// <param name="IsDirectory">A directory?</param>
internal sealed record FatNode(string Name, string ShortName, uint Cluster, long Size, bool IsDirectory) : IGuestNode
{
    /// <inheritdoc/>
    public bool IsFile => !IsDirectory;

    /// <summary>FAT has no links.</summary>
    public bool IsLink => false;
}
