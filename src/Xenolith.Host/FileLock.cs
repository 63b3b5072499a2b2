using Microsoft.Win32.SafeHandles;
using Xenolith.Host.Files;

namespace Xenolith.Host;

/// <summary>
/// A lock of an open file: it is held as long as any process has this open file, however that process ends. So a held lock says
/// "alive", and asking (<see cref="IsHeld"/>) takes nothing and disturbs nobody.
/// <para>Thread ownership: a lock object belongs to whoever took it; dispose it once.</para>
/// </summary>
public sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>The locked file; a child that inherits it keeps the lock.</summary>
    public SafeFileHandle File => _file;

    /// <summary>Takes the lock of a file in a directory, making the file; waits for its holder.</summary>
    public static FileLock Take(DirectoryHandle directory, string name) =>
        Try(directory, name, wait: true) ?? throw new HostException($"lock {directory.Path}/{name}", Errno.EAGAIN);

    /// <summary>Takes the lock if nobody holds it, else returns null.</summary>
    public static FileLock? TryTake(DirectoryHandle directory, string name) => Try(directory, name, wait: false);

    /// <summary>Is the lock held by a living process? A missing file is not locked.</summary>
    public static bool IsHeld(DirectoryHandle directory, string name)
    {
        ArgumentNullException.ThrowIfNull(directory);
        using var file = directory.TryOpenFile(name, create: false, writable: false);
        return file is not null && OpenFileLocks.IsExcluded(file, () => $"ask for the lock of {directory.Path}/{name}");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileLock? Try(DirectoryHandle directory, string name, bool wait)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var file = directory.TryOpenFile(name, create: true)!;
        var taken = false;
        try
        {
            taken = OpenFileLocks.TrySet(file, OpenFileLockKind.Exclusive, 0, 0, wait, () => $"lock {directory.Path}/{name}");
            return taken ? new(file) : null;
        }
        finally
        {
            if (!taken)
            {
                file.Dispose();
            }
        }
    }
}
