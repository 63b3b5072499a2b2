using System.Globalization;
using System.Runtime.InteropServices;

namespace Xenolith.Host.Memory;

/// <summary>The pages of the program and library files that this process runs.</summary>
public static partial class ProgramPages
{
    private const int DontNeed = 4;

    /// <summary>
    /// Unmaps pages that were only needed to start: they stay in the host's page cache, and what is used again comes back by minor faults. Touches mappings of
    /// files that cannot be written and have no page of their own, so that nothing is lost.
    /// </summary>
    public static void ForgetUnchanged()
    {
        nint start = 0, end = 0;
        var readOnlyFile = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            // 55d0c0a0c000-55d0c0e98000 r-xp 0000c000 fe:01 1234    /usr/bin/xenolith
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (TryParse(fields[0], out var from, out var to))
            {
                (start, end) = (from, to);
                readOnlyFile = fields.Length == 6 && fields[1] is "r-xp" or "r--p"
                    && fields[5].TrimStart() is ['/', .. var path] && !path.StartsWith("memfd:", StringComparison.Ordinal);
            }
            else if (readOnlyFile && fields is ["Anonymous:", "0", ..])
            {
                _ = Advise(start, end - start, DontNeed);
            }
        }
    }

    private static bool TryParse(string range, out nint start, out nint end)
    {
        start = end = 0;
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && nint.TryParse(range.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
            && nint.TryParse(range.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out end);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
