using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader;

/// <summary>The content of a file in runs of blocks; holes are zeros.</summary>
/// <param name="disk">The disk.</param>
/// <param name="runs">Its runs.</param>
/// <param name="shift">The logarithm of the block size.</param>
/// <param name="length">Its size in bytes.</param>
internal sealed class RunContent(BlockSource disk, List<FileRun> runs, int shift, long length) : FileContent
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    protected override void ReadInside(long position, Span<byte> buffer)
    {
        buffer.Clear();
        FileRuns.Read(disk, runs, shift, position, buffer);
    }
}
