using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// An open directory. What lies in it is reached through its descriptor, so that long paths, renames and replaced parents cannot matter.
/// Thread ownership: free for all threads until disposed.
/// </summary>
public sealed partial class DirectoryHandle : IDisposable
{
    private const int ODirectory = 0x10000;
    private const int ONofollow = 0x20000;
    private const int OCloexec = 0x80000;
    private const int AtRemovedir = 0x200;

    private readonly SafeFileHandle _handle;

    private DirectoryHandle(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>Where it was found; for messages.</summary>
    public string Path { get; }

    /// <summary>The descriptor.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>Opens a directory by path; the last component may not be a symbolic link.</summary>
    public static DirectoryHandle Open(string path)
    {
        var descriptor = OpenCall(path, ODirectory | ONofollow | OCloexec, 0);
        return descriptor >= 0 ? new(Descriptors.Own(descriptor), path) : throw HostException.Last($"open directory {path}");
    }

    /// <summary>Opens a directory in this one; null if there is none.</summary>
    public DirectoryHandle? TryOpen(string name)
    {
        var descriptor = OpenAt(Descriptors.Number(_handle), name, ODirectory | ONofollow | OCloexec, 0);
        if (descriptor >= 0)
        {
            return new(Descriptors.Own(descriptor), $"{Path}/{name}");
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ENOENT ? null : throw new HostException($"open directory {Path}/{name}", errno);
    }

    /// <summary>Makes a directory in this one if it is missing, and opens it.</summary>
    public DirectoryHandle Create(string name, int mode)
    {
        if (MkdirAt(Descriptors.Number(_handle), name, (uint)mode) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.EEXIST)
        {
            throw new HostException($"make directory {Path}/{name}", errno);
        }

        return TryOpen(name) ?? throw new HostException($"open directory {Path}/{name}", Errno.ENOENT);
    }

    /// <summary>A short path of an entry, valid in this process while the handle is open.</summary>
    public string PathOf(string name) => $"/proc/self/fd/{Descriptors.Number(_handle)}/{name}";

    /// <summary>Opens or makes a file for reading and writing; null if it does not exist and <paramref name="create"/> is false.</summary>
    public SafeFileHandle? TryOpenFile(string name, bool create, bool writable = true)
    {
        const int OCreat = 0x40;
        var flags = (writable || create ? 2 : 0) | ONofollow | OCloexec | (create ? OCreat : 0);
        var descriptor = OpenAt(Descriptors.Number(_handle), name, flags, 0x1A4);
        if (descriptor >= 0)
        {
            return Descriptors.Own(descriptor);
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ENOENT && !create ? null : throw new HostException($"open {Path}/{name}", errno);
    }

    /// <summary>Opens or makes a file whose every write goes to its end: a log.</summary>
    public SafeFileHandle OpenAppending(string name)
    {
        const int OWronly = 1, OCreat = 0x40, OAppend = 0x400;
        var descriptor = OpenAt(Descriptors.Number(_handle), name, OWronly | OCreat | OAppend | ONofollow | OCloexec, 0x1A4);
        return descriptor >= 0 ? Descriptors.Own(descriptor) : throw HostException.Last($"open {Path}/{name}");
    }

    /// <summary>Writes a file as a whole or not at all: beside it first, then in its place. What a full disk cut short is removed again.</summary>
    public void ReplaceFile(string name, ReadOnlySpan<byte> content)
    {
        var temporary = $"{name}.new";
        Delete(temporary);
        try
        {
            using (var file = TryOpenFile(temporary, create: true)!)
            {
                Descriptors.WriteAll(file, content);
            }

            Rename(temporary, name);
        }
        catch (HostException e)
        {
            Delete(temporary);
            throw new HostException($"write {Path}/{name}", e.Errno);
        }
    }

    /// <summary>Removes a file or socket; false if there was none.</summary>
    public bool Delete(string name) => Unlink(name, 0);

    /// <summary>Removes an empty directory; false if there was none.</summary>
    public bool DeleteDirectory(string name) => Unlink(name, AtRemovedir);

    /// <summary>Gives an entry of this directory another name in it, replacing what had that name.</summary>
    public void Rename(string from, string to)
    {
        var number = Descriptors.Number(_handle);
        if (RenameAt(number, from, number, to) != 0)
        {
            throw HostException.Last($"rename {Path}/{from} to {to}");
        }
    }

    /// <summary>The names in the directory.</summary>
    public IEnumerable<string> Names()
    {
        foreach (var path in Directory.EnumerateFileSystemEntries($"/proc/self/fd/{Descriptors.Number(_handle)}/"))
        {
            yield return System.IO.Path.GetFileName(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private bool Unlink(string name, int flags)
    {
        if (UnlinkAt(Descriptors.Number(_handle), name, flags) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ENOENT ? false : throw new HostException($"remove {Path}/{name}", errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int directory, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkdirAt(int directory, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(int directory, string name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int fromDirectory, string from, int toDirectory, string to);
}
