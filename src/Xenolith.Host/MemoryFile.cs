using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>Files in memory without a name (memfd), to be filled by one process and read by another.</summary>
public static partial class MemoryFile
{
    private const uint CloseOnExec = 1;

    /// <summary>Makes an empty one.</summary>
    /// <param name="name">What /proc shows.</param>
    public static SafeFileHandle Create(string name)
    {
        var descriptor = MemfdCreate(name, CloseOnExec);
        return descriptor >= 0 ? Descriptors.Own(descriptor) : throw HostException.Last($"make a memory file for {name}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);
}
