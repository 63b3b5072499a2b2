using Xenolith.Host;

namespace Xenolith.Boot.Images;

/// <summary>
/// Bytes of an image outside the garbage collector's heap: tens of megabytes that must be given back to the host as soon as the domain
/// is built. Has room up to a limit, of which the host backs what is used. One thread at a time.
/// </summary>
public sealed unsafe class ImageBuffer : IDisposable
{
    private readonly int _limit;
    private readonly HostMemory _memory;

    /// <summary>An empty buffer for at most a number of bytes.</summary>
    public ImageBuffer(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, int.MaxValue - 1);
        _limit = limit;

        // One byte more, so that an exact fit can be told from an overflow.
        _memory = HostMemory.CreateWorkspace((long)limit + 1);
    }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Name under which a cache lacks this image; null if no cache wants it.</summary>
    public string? CacheKey { get; set; }

    /// <summary>Most bytes it may ever hold.</summary>
    public int Limit => _limit;

    /// <summary>What was written.</summary>
    // SAFETY: Length never exceeds the mapping.
    public ReadOnlySpan<byte> Bytes => new((byte*)_memory.Address, Length);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="BootException">The file cannot be opened or read, or is larger than the limit.</exception>
    public static ImageBuffer ReadFile(string path, string role, int limit)
    {
        var thing = $"{role} {path}";
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            return ReadFile(handle, thing, limit);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BootException(thing, "no such file", "Check the path in the configuration", e);
        }
        catch (UnauthorizedAccessException e)
        {
            var directory = Directory.Exists(path);
            throw directory
                ? new BootException(thing, "is a directory", "Name the image file itself", e)
                : new BootException(thing, "permission denied", "Make the file readable for the user who runs xl", e);
        }
        catch (IOException e)
        {
            throw new BootException(thing, $"cannot be read ({e.Message})", "Check the file and its file system", e);
        }
    }

    /// <summary>Reads a whole open file; see <see cref="ReadFile(string, string, int)"/>.</summary>
    public static ImageBuffer ReadFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string thing, int limit)
    {
        var size = RandomAccess.GetLength(handle);
        if (size > limit)
        {
            throw new BootException(thing, $"is {size >> 20} MiB, more than the {limit >> 20} MiB an image may have", "Name the right file");
        }

        var buffer = new ImageBuffer(limit);
        try
        {
            for (long offset = 0; ;)
            {
                var read = RandomAccess.Read(handle, buffer.Free(), offset);
                if (read == 0)
                {
                    return buffer;
                }

                offset += read;
                buffer.Advance(read);
            }
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Room behind what was written, one byte of it beyond the limit.</summary>
    // SAFETY: the mapping has limit + 1 bytes.
    public Span<byte> Free() => new((byte*)_memory.Address + Length, _limit + 1 - Length);

    /// <summary>Counts bytes that were written into <see cref="Free"/>.</summary>
    /// <exception cref="BootException">The limit is passed.</exception>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _limit + 1 - Length);
        if (Length + (long)count > _limit)
        {
            throw TooLarge();
        }

        Length += count;
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="BootException">The limit is passed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if ((long)Length + bytes.Length > _limit)
        {
            throw TooLarge();
        }

        bytes.CopyTo(Free());
        Advance(bytes.Length);
    }

    /// <summary>The error of an image that unpacks to more than the limit.</summary>
    public BootException TooLarge() =>
        new("image", $"unpacks to more than {_limit >> 20} MiB", "It is damaged or not a kernel; name the right file");

    /// <inheritdoc/>
    public void Dispose()
    {
        Length = 0;
        _memory.Dispose();
    }
}
