using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>How wide a terminal is.</summary>
public static partial class TerminalSize
{
    private const nuint GetWindowSize = 0x5413;

    /// <summary>The columns of the terminal that is standard output, or null if it is none.</summary>
    public static int? OutputColumns()
    {
        Span<ushort> size = stackalloc ushort[4];
        return Ioctl(1, GetWindowSize, ref MemoryMarshal.GetReference(size)) == 0 ? size[1] : null;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ioctl(int descriptor, nuint request, ref ushort argument);
}
