namespace Xenolith.Boot.Loader.Ext;

/// <summary>The content of a file, read in runs as long as the disk holds them. Holes and what is behind the last run are zeros.</summary>
internal sealed class ExtContent : FileContent
{
    private readonly ExtBlocks _blocks;
    private readonly List<FileRun> _runs;
    private readonly byte[]? _inline;
    private readonly int _shift;

    public ExtContent(ExtInode inode, ExtBlocks blocks, int shift, long limit)
    {
        if (inode.IsEncrypted)
        {
            throw new ImageException($"inode {inode.Number} is encrypted");
        }

        if (inode.Size < 0 || inode.Size > limit)
        {
            throw new ImageException($"a file of {(ulong)inode.Size} bytes is named, more than the {limit} bytes it may have");
        }

        Length = inode.Size;
        _blocks = blocks;
        _shift = shift;
        _inline = inode.IsInline ? ExtInlineData.Of(inode) : null;
        _runs = inode.IsInline ? [] : ExtFileMap.Of(inode, blocks, (Length >> shift) + 1);
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override void ReadInside(long position, Span<byte> buffer)
    {
        buffer.Clear();
        if (_inline is not null)
        {
            if (position < _inline.Length)
            {
                var part = _inline.AsSpan((int)position);
                part[..Math.Min(part.Length, buffer.Length)].CopyTo(buffer);
            }

            return;
        }

        FileRuns.Read(_blocks.Disk, _runs, _shift, position, buffer);
    }
}
