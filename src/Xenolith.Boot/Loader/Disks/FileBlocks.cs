using Microsoft.Win32.SafeHandles;

namespace Xenolith.Boot.Loader.Disks;

/// <summary>A raw image file or a block device, as an open descriptor.</summary>
/// <param name="file">The descriptor; the caller keeps it open.</param>
/// <param name="length">Its size, which a block device does not tell by its file status.</param>
public sealed class FileBlocks(SafeFileHandle file, long length) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    protected override void ReadInside(long position, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count;
            try
            {
                count = RandomAccess.Read(file, buffer, position);
            }
            catch (IOException e)
            {
                throw new ImageException($"reading at {position} failed: {e.Message}");
            }

            if (count == 0)
            {
                throw new ImageException($"it ended at {position} while it was read");
            }

            buffer = buffer[count..];
            position += count;
        }
    }
}
