using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>Descriptors 0, 1 and 2 of this process.</summary>
public static partial class StandardStreams
{
    /// <summary>Standard input; not owned.</summary>
    public static SafeFileHandle Input { get; } = new(0, ownsHandle: false);

    /// <summary>Standard output; not owned.</summary>
    public static SafeFileHandle Output { get; } = new(1, ownsHandle: false);

    /// <summary>Standard error; not owned.</summary>
    public static SafeFileHandle Error { get; } = new(2, ownsHandle: false);

    /// <summary>Makes standard output and standard error another file, letting go of what they were.</summary>
    public static void RedirectOutput(SafeHandle file)
    {
        var number = Descriptors.Number(file);
        if (Dup2(number, 1) < 0 || Dup2(number, 2) < 0)
        {
            throw HostException.Last("redirect standard output");
        }
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Dup2(int from, int to);
}
