namespace Xenolith.Boot.Loader.Iso;

/// <summary>A file of a CD: one record of its directory, or several where it is larger than 4 GiB.</summary>
/// <param name="Name">Its name, as the volume's best kind of names has it.</param>
/// <param name="Sector">Where it begins.</param>
/// <param name="Size">Bytes.</param>
/// <param name="IsDirectory">A directory?</param>
/// <param name="LinkTarget">Where a symbolic link leads; null if it is none.</param>
internal sealed record IsoNode(string Name, uint Sector, long Size, bool IsDirectory, string? LinkTarget) : IGuestNode
{
    /// <inheritdoc/>
    public bool IsFile => !IsDirectory && !IsLink;

    /// <inheritdoc/>
    public bool IsLink => LinkTarget is not null;
}
