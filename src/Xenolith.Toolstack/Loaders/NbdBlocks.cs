using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Disks;
using Xenolith.Devices.Block.Nbd;

namespace Xenolith.Toolstack.Loaders;

/// <summary>A disk behind an NBD server, to be read by the boot loader.</summary>
/// <param name="reader">Connected to the server.</param>
internal sealed class NbdBlocks(NbdReader reader) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => reader.Bytes;

    /// <inheritdoc/>
    protected override void ReadInside(long position, Span<byte> buffer)
    {
        try
        {
            reader.Read(position, buffer);
        }
        catch (IOException e)
        {
            throw new ImageException(e.Message);
        }
    }
}
