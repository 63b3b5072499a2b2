using System.Security;
using Xenolith.Boot.Hashing;
using Xenolith.Boot.Images;
using Xenolith.Host;

namespace Xenolith.Boot.Cache;

/// <summary>
/// Unpacked kernels of one user, named by the BLAKE3 hash of the packed file: one file each, mode 0600, in a directory of mode 0700, which gets its name
/// only when it is complete. Oldest-used files go when the total passes a limit. A cache that cannot be read or written is as good as none:
/// the kernel is unpacked, and <see cref="LastProblem"/> says why. Any thread; several processes at once are fine.
/// </summary>
public sealed class KernelCache
{
    private const string Suffix = ".vmlinux";

    private readonly string _directory;
    private readonly long _limit;

    /// <summary>Uses a directory, which need not exist yet.</summary>
    /// <param name="directory">Where the files are.</param>
    /// <param name="limit">Most bytes all files together may have.</param>
    public KernelCache(string directory, long limit = 1L << 30)
    {
        _directory = directory;
        _limit = limit;
    }

    /// <summary>Why the last write or read of the cache did not work; null if it did.</summary>
    public string? LastProblem { get; private set; }

    /// <summary>The user's own cache: <c>$XDG_CACHE_HOME/xenolith/kernels</c>, else <c>~/.cache/xenolith/kernels</c>; null without a home.</summary>
    public static KernelCache? OfUser()
    {
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
        {
            var home = Environment.GetEnvironmentVariable("HOME");
            if (string.IsNullOrEmpty(home))
            {
                return null;
            }

            root = Path.Combine(home, ".cache");
        }

        return new KernelCache(Path.Combine(root, "xenolith", "kernels"));
    }

    /// <summary>Name of a packed kernel's content.</summary>
    public static string KeyOf(ReadOnlySpan<byte> packed)
    {
        Span<byte> digest = stackalloc byte[Blake3.Length];
        Blake3.Hash(packed, digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>An unpacked kernel, or null if it is not there.</summary>
    public ImageBuffer? TryRead(string key)
    {
        var path = PathOf(key);
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var image = ImageBuffer.ReadFile(handle, path, KernelFile.MaximumSize);
            if (Elf.ElfImage.Recognises(image.Bytes))
            {
                File.SetLastWriteTimeUtc(handle, DateTime.UtcNow);
                return image;
            }

            image.Dispose();
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (IsEnvironment(e) || e is BootException)
        {
            LastProblem = $"kernel cache {path}: {e.Message}";
            return null;
        }
    }

    /// <summary>
    /// Keeps an unpacked kernel and disposes it, on a thread of low priority: the domain starts meanwhile. One without
    /// <see cref="ImageBuffer.CacheKey"/> is only disposed. A process that ends first leaves nothing behind.
    /// </summary>
    public static void Keep(KernelCache? cache, ImageBuffer image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (cache is null || image.CacheKey is not { } key)
        {
            image.Dispose();
            return;
        }

        new Thread(() =>
        {
            using (image)
            {
                cache.Write(key, image.Bytes);
            }
        })
        { IsBackground = true, Name = "kernel cache", Priority = ThreadPriority.BelowNormal }.Start();
    }

    /// <summary>Keeps an unpacked kernel.</summary>
    public void Write(string key, ReadOnlySpan<byte> unpacked)
    {
        if (unpacked.Length > _limit)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Shrink(_limit - unpacked.Length);
            using var file = UnnamedFile.Create(_directory);
            RandomAccess.Write(file.Handle, unpacked, 0);

            // A name must not outlive a crash of the host without its bytes.
            RandomAccess.FlushToDisk(file.Handle);
            file.LinkAs(PathOf(key));
            LastProblem = null;
        }
        catch (Exception e) when (IsEnvironment(e))
        {
            LastProblem = $"kernel cache {_directory}: {e.Message}";
        }
    }

    private static bool IsEnvironment(Exception e) => e is IOException or UnauthorizedAccessException or SecurityException;

    private string PathOf(string key) => Path.Combine(_directory, key + Suffix);

    private void Shrink(long limit)
    {
        var files = new DirectoryInfo(_directory).GetFiles("*" + Suffix).OrderByDescending(f => f.LastWriteTimeUtc).ToArray();
        long total = 0;
        foreach (var file in files)
        {
            if (total + file.Length <= limit)
            {
                total += file.Length;
            }
            else
            {
                Discard(file.FullName);
            }
        }
    }

    private void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsEnvironment(e))
        {
            LastProblem ??= $"kernel cache {path}: {e.Message}";
        }
    }
}
