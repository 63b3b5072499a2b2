using System.Runtime.InteropServices;

namespace Xenolith.Boot.Images;

/// <summary>
/// Bytes of an image outside the garbage collector's heap: tens of megabytes that must be given back to the host as soon as the domain
/// is built. Grows up to a limit and refuses to go beyond it. One thread at a time; nobody may keep a span over a call that grows.
/// </summary>
public sealed unsafe class ImageBuffer : IDisposable
{
    private readonly int _limit;
    private byte* _memory;
    private int _capacity;

    /// <summary>An empty buffer that may grow to a number of bytes.</summary>
    public ImageBuffer(int limit, int initialCapacity = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        _limit = limit;
        if (initialCapacity > 0)
        {
            Grow(Math.Min(initialCapacity, limit));
        }
    }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Most bytes it may ever hold.</summary>
    public int Limit => _limit;

    /// <summary>What was written.</summary>
    // SAFETY: Length never exceeds the allocation.
    public ReadOnlySpan<byte> Bytes => new(_memory, Length);

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

        var buffer = new ImageBuffer(limit, (int)size);
        try
        {
            for (long offset = 0; ;)
            {
                var read = RandomAccess.Read(handle, buffer.Free(1), offset);
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

    /// <summary>
    /// Room behind what was written, at least <paramref name="minimum"/> bytes of it; less, down to nothing, only when the limit is near.
    /// </summary>
    public Span<byte> Free(int minimum)
    {
        if (_capacity - Length < minimum)
        {
            var wanted = Math.Max((long)Length + minimum, _capacity * 3L / 2);
            // One byte beyond the limit, so that an exact fit can be told from an overflow.
            Grow((int)Math.Min(Math.Max(wanted, 64 << 10), (long)_limit + 1));
        }

        // SAFETY: the capacity covers it.
        return new Span<byte>(_memory + Length, _capacity - Length);
    }

    /// <summary>Counts bytes that were written into <see cref="Free"/>.</summary>
    /// <exception cref="BootException">The limit is passed.</exception>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _capacity - Length);
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

        bytes.CopyTo(Free(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>The error of an image that unpacks to more than the limit.</summary>
    public BootException TooLarge() =>
        new("image", $"unpacks to more than {_limit >> 20} MiB", "It is damaged or not a kernel; name the right file");

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        _capacity = 0;
        Length = 0;
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory of a forgotten buffer.</summary>
    ~ImageBuffer() => NativeMemory.Free(_memory);

    private void Grow(int capacity)
    {
        if (capacity <= _capacity)
        {
            return;
        }

        // SAFETY: realloc keeps the Length bytes written so far; the old pointer is not used again.
        _memory = (byte*)NativeMemory.Realloc(_memory, (nuint)capacity);
        _capacity = capacity;
    }
}
