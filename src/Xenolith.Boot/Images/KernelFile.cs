using Xenolith.Boot.Cache;
using Xenolith.Boot.Compression;
using Xenolith.Boot.Elf;

namespace Xenolith.Boot.Images;

/// <summary>From a kernel as distributions ship it to its ELF file: peels off bzImage and compression, with a cache in between.</summary>
public static class KernelFile
{
    /// <summary>Most bytes a kernel file, and the ELF file in it, may have.</summary>
    public const int MaximumSize = 512 << 20;

    private const int MaximumLayers = 4;

    /// <summary>Reads a kernel and unpacks it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cache">Where unpacked kernels are kept, or null for none.</param>
    /// <returns>The ELF file's bytes; the caller disposes them, or hands them to <see cref="KernelCache.Keep"/> if they have a <see cref="ImageBuffer.CacheKey"/>.</returns>
    /// <exception cref="BootException">Not a kernel, or a damaged one.</exception>
    public static ImageBuffer Load(string path, KernelCache? cache)
    {
        var file = ImageBuffer.ReadFile(path, "kernel", MaximumSize);
        return Load(file, $"kernel {path}", cache);
    }

    /// <summary>Reads a kernel from an open file; see <see cref="Load(string, KernelCache?)"/>.</summary>
    public static ImageBuffer Load(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path, KernelCache? cache)
    {
        var thing = $"kernel {path}";
        return Load(ImageBuffer.ReadFile(handle, thing, MaximumSize), thing, cache);
    }

    /// <summary>Unpacks a kernel that is already in memory, and disposes it unless it is the result.</summary>
    public static ImageBuffer Load(ImageBuffer file, string thing, KernelCache? cache)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (ElfImage.Recognises(file.Bytes))
        {
            return file;
        }

        using (file)
        {
            var key = cache is null ? null : KernelCache.KeyOf(file.Bytes);
            if (key is not null && cache!.TryRead(key) is { } cached)
            {
                return cached;
            }

            var unpacked = Unpack(file.Bytes, thing);
            unpacked.CacheKey = key;
            return unpacked;
        }
    }

    /// <summary>Peels layers until an ELF file appears.</summary>
    internal static ImageBuffer Unpack(ReadOnlySpan<byte> bytes, string thing)
    {
        ImageBuffer? current = null;
        try
        {
            for (var layer = 0; layer < MaximumLayers; layer++)
            {
                var next = Peel(bytes, thing);
                current?.Dispose();
                current = next;
                bytes = next.Bytes;
                if (ElfImage.Recognises(bytes))
                {
                    return current;
                }
            }

            throw new BootException(thing, $"is packed more than {MaximumLayers} times", "Unpack it by hand");
        }
        catch
        {
            current?.Dispose();
            throw;
        }
    }

    private static ImageBuffer Peel(ReadOnlySpan<byte> bytes, string thing)
    {
        if (!BzImageHeader.Recognises(bytes))
        {
            return CompressionFormat.Of(bytes) is { } whole ? Unpack(whole, bytes, thing) : throw NotAKernel(bytes, thing);
        }

        var header = BzImageHeader.Read(bytes, thing);
        var payload = bytes.Slice(header.PayloadOffset, header.PayloadLength);
        if (ElfImage.Recognises(payload))
        {
            var plain = new ImageBuffer(MaximumSize);
            plain.Append(payload);
            return plain;
        }

        var format = CompressionFormat.Of(payload) ?? throw new BootException(
            thing,
            $"holds a kernel in an unknown compression (it begins with {Convert.ToHexStringLower(payload[..8])})",
            $"Known are {string.Join(", ", CompressionFormat.All.Select(f => f.Name))}; unpack it by hand and name the vmlinux");

        // The build appends the unpacked size to every format but gzip, which ends in it anyway.
        return Unpack(format, format.Name == "gzip" ? payload : payload[..^4], thing);
    }

    private static ImageBuffer Unpack(CompressionFormat format, ReadOnlySpan<byte> packed, string thing)
    {
        var output = new ImageBuffer(MaximumSize);
        try
        {
            format.Unpack(packed, output);
            return output;
        }
        catch (BootException e)
        {
            output.Dispose();
            throw e.About(thing);
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            output.Dispose();
            throw new BootException(thing, $"its {format.Name} data is truncated", "Copy the file again, or reinstall the kernel package", e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Decoders meet hostile data with whatever exception they happen to hit; all of them mean the same to a person.
            output.Dispose();
            throw new BootException(
                thing, $"its {format.Name} data is damaged ({e.Message})", "Copy the file again, or reinstall the kernel package", e);
        }
    }

    private static BootException NotAKernel(ReadOnlySpan<byte> bytes, string thing)
    {
        var cause = bytes.IsEmpty ? "is empty"
            : bytes.StartsWith("MZ"u8) ? "is an EFI program that is no Linux bzImage"
            : bytes.StartsWith("070701"u8) ? "is a cpio archive, perhaps the ramdisk"
            : bytes.StartsWith("#!"u8) ? "is a script"
            : "is not a kernel: neither an ELF file, nor a Linux bzImage, nor one of them compressed";
        return new BootException(thing, cause, "Name a Linux vmlinuz or an ELF kernel for Xen");
    }
}
