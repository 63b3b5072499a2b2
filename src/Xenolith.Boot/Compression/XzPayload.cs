using SharpCompress.Compressors.Xz;
using Xenolith.Host.Compression;

namespace Xenolith.Boot.Compression;

/// <summary>
/// xz, with the x86 branch filter that the kernel's build uses. liblzma does it when the host has it (every Debian does): it is
/// several times faster than the managed decoder, and unpacking is much of the time a kernel takes to boot.
/// </summary>
internal static class XzPayload
{
    /// <summary>The stream header's first bytes.</summary>
    public static ReadOnlySpan<byte> Magic => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>Unpacks one stream.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, Images.ImageBuffer output)
    {
        if (LibLzma.Load() is { } library)
        {
            LzmaRun.Unpack(library, LzmaContainer.Xz, input, output);
            return;
        }

        InputStream.Drain(input, output, s => new XZStream(s));
    }
}
