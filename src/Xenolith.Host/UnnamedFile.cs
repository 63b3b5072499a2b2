using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// A file without a name (O_TMPFILE), mode 0600, that gets one when it is complete: readers see all of it or nothing, and a process that is
/// killed leaves nothing behind. One thread.
/// </summary>
public sealed partial class UnnamedFile : IDisposable
{
    private const int WriteOnly = 1, CloseOnExec = 0x80000, TemporaryFile = 0x410000;
    private const int CurrentDirectory = -100, FollowLinks = 0x400;
    private const uint OwnerOnly = 0x180; // 0600

    private UnnamedFile(SafeFileHandle handle) => Handle = handle;

    /// <summary>The open file, for writing.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Makes one on the file system of a directory.</summary>
    /// <exception cref="HostException">No such directory, no room, or a file system that has no such files.</exception>
    public static UnnamedFile Create(string directory)
    {
        var descriptor = Open(directory, WriteOnly | CloseOnExec | TemporaryFile, OwnerOnly);
        return descriptor >= 0 ? new UnnamedFile(Descriptors.Own(descriptor)) : throw HostException.Last($"make a file in {directory}");
    }

    /// <summary>Gives it its name. A file that has the name already stays: its maker was faster.</summary>
    /// <exception cref="HostException">The name cannot be made.</exception>
    public void LinkAs(string path)
    {
        var from = $"/proc/self/fd/{Descriptors.Number(Handle)}";
        if (LinkAt(CurrentDirectory, from, CurrentDirectory, path, FollowLinks) != 0 && Marshal.GetLastPInvokeError() != Errno.EEXIST)
        {
            throw HostException.Last($"name {path}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkAt(int fromDirectory, string from, int toDirectory, string to, int flags);
}
