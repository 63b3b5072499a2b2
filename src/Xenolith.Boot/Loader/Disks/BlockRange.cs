namespace Xenolith.Boot.Loader.Disks;

/// <summary>A part of a disk, such as a partition. One that claims to reach behind the disk ends with it.</summary>
internal sealed class BlockRange : BlockSource
{
    private readonly BlockSource _disk;
    private readonly long _start;

    public BlockRange(BlockSource disk, long start, long length)
    {
        _disk = disk;
        _start = Math.Clamp(start, 0, disk.Length);
        Length = Math.Clamp(length, 0, disk.Length - _start);
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override void ReadInside(long position, Span<byte> buffer) => _disk.Read(_start + position, buffer);
}
