namespace Xenolith.Boot.Loader.Disks;

/// <summary>A disk, or a part of one, to read from. One thread.</summary>
public abstract class BlockSource
{
    /// <summary>Its size in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills the buffer from a position.</summary>
    /// <exception cref="ImageException">The range is not inside the disk, or cannot be read.</exception>
    public void Read(long position, Span<byte> buffer)
    {
        if (position < 0 || buffer.Length > Length - position)
        {
            throw new ImageException($"{buffer.Length} bytes at {position} are asked for, but it ends at {Length}");
        }

        if (!buffer.IsEmpty)
        {
            ReadInside(position, buffer);
        }
    }

    /// <summary>Reads a range that is known to be inside.</summary>
    protected abstract void ReadInside(long position, Span<byte> buffer);
}
