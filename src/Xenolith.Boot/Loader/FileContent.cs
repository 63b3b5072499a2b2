using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader;

/// <summary>The content of a file on a guest's disk: read like a disk, only that reads beyond the end are cut.</summary>
public abstract class FileContent : BlockSource
{
    /// <summary>All of it. For small files only: the caller has limited the size.</summary>
    public byte[] ReadAll()
    {
        var bytes = new byte[Length];
        Read(0, bytes);
        return bytes;
    }
}
