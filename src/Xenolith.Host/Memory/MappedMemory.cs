using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Xenolith.Host.Memory;

/// <summary>What a mapping may be used for; the values are Linux's PROT_ bits.</summary>
[Flags]
public enum Protection
{
    /// <summary>No access (PROT_NONE).</summary>
    None = 0,

    /// <summary>PROT_READ.</summary>
    Read = 1,

    /// <summary>PROT_WRITE.</summary>
    Write = 2,

    /// <summary>PROT_EXEC.</summary>
    Execute = 4,
}

/// <summary>mmap and memfd_create for memory that emitted code uses: address ranges reserved once, then filled with (shared) mappings.</summary>
public static partial class MappedMemory
{
    private const int MapShared = 1, MapPrivate = 2, MapFixed = 0x10, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    private const uint CloseOnExec = 1;

    /// <summary>Creates an anonymous memory file of a size in bytes; returns its descriptor.</summary>
    public static int CreateFile(string name, long size)
    {
        var descriptor = MemfdCreate(name, CloseOnExec);
        if (descriptor < 0 || FileTruncate(descriptor, size) != 0)
        {
            throw Error($"memory file '{name}' of {size} bytes");
        }

        return descriptor;
    }

    /// <summary>Closes a descriptor of <see cref="CreateFile"/>; mappings of it stay.</summary>
    public static void CloseFile(int descriptor) => _ = Close(descriptor);

    /// <summary>Reserves an address range without memory behind it; page-aligned.</summary>
    public static nint Reserve(nint size) => Check(Map(0, size, 0, MapPrivate | MapAnonymous | MapNoReserve, -1, 0), "address range", size);

    /// <summary>Zeroed private memory, at an address inside a reserved range, or anywhere if <paramref name="address"/> is 0.</summary>
    public static nint MapPrivateMemory(nint address, nint size, Protection protection)
        => Check(Map(address, size, (int)protection, MapPrivate | MapAnonymous | MapNoReserve | (address == 0 ? 0 : MapFixed), -1, 0), "memory", size);

    /// <summary>Maps a part of a memory file, at an address inside a reserved range, or anywhere if <paramref name="address"/> is 0.</summary>
    public static nint MapFile(nint address, nint size, Protection protection, int descriptor, long offset)
        => Check(Map(address, size, (int)protection, MapShared | (address == 0 ? 0 : MapFixed), descriptor, offset), "memory file mapping", size);

    /// <summary>Maps a part of a memory file so that writes stay in this mapping (copy on write), inside a reserved range.</summary>
    public static nint MapFileCopy(nint address, nint size, Protection protection, int descriptor, long offset)
        => Check(Map(address, size, (int)protection, MapPrivate | MapFixed, descriptor, offset), "memory file copy", size);

    /// <summary>Removes mappings.</summary>
    public static void Release(nint address, nint size) => _ = Unmap(address, size);

    private static nint Check(nint address, string what, nint size) => address == -1 ? throw Error($"{what} of {size} bytes") : address;

    private static InvalidOperationException Error(string what)
        => new($"cannot map {what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}; free memory or raise the process's limits (ulimit -v or -f, vm.max_map_count)");

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int FileTruncate(int descriptor, long size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
