using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>How large a terminal is.</summary>
public static partial class TerminalSize
{
    private const nuint GetWindowSize = 0x5413;

    /// <summary>The columns of the terminal that is standard output, or null if it is none.</summary>
    public static int? OutputColumns() => Size(1);

    /// <summary>The rows of the terminal that is standard output, or null if it is none.</summary>
    public static int? OutputRows() => Size(0);

    private static int? Size(int field)
    {
        Span<ushort> size = stackalloc ushort[4];
        return Ioctl(1, GetWindowSize, ref MemoryMarshal.GetReference(size)) == 0 ? size[field] : null;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ioctl(int descriptor, nuint request, ref ushort argument);
}
