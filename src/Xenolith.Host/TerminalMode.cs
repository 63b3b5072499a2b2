using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>
/// The mode of a terminal, saved to be put back. Thread ownership: <see cref="Restore"/> may come from any thread, also from a signal's
/// handler thread; it acts once.
/// </summary>
public sealed partial class TerminalMode
{
    private const int TermiosBytes = 64;
    private const int ApplyNow = 0;
    private const int ApplyDrained = 1;

    private readonly SafeHandle _terminal;
    private readonly byte[] _saved;
    private int _restored;

    private TerminalMode(SafeHandle terminal, byte[] saved)
    {
        _terminal = terminal;
        _saved = saved;
    }

    /// <summary>Is the descriptor a terminal?</summary>
    public static bool IsTerminal(SafeHandle descriptor) => IsATty(Descriptors.Number(descriptor)) == 1;

    /// <summary>Does the terminal gather keys into lines, as it does unless somebody made it raw?</summary>
    internal static bool GathersLines(SafeHandle terminal)
    {
        const int LocalFlags = 12;
        const byte Canonical = 2;
        var mode = new byte[TermiosBytes];
        return TcGetAttr(Descriptors.Number(terminal), ref mode[0]) == 0
            ? (mode[LocalFlags] & Canonical) != 0
            : throw HostException.Last("read a terminal's mode");
    }

    /// <summary>Makes a terminal raw (every key passes at once, nothing is echoed or translated); returns what puts the old mode back.</summary>
    public static TerminalMode MakeRaw(SafeHandle terminal)
    {
        var saved = new byte[TermiosBytes];
        if (TcGetAttr(Descriptors.Number(terminal), ref saved[0]) != 0)
        {
            throw HostException.Last("read a terminal's mode");
        }

        var raw = (byte[])saved.Clone();
        CfMakeRaw(ref raw[0]);
        return TcSetAttr(Descriptors.Number(terminal), ApplyNow, ref raw[0]) == 0
            ? new(terminal, saved)
            : throw HostException.Last("set a terminal's mode");
    }

    /// <summary>Puts the mode of before <see cref="MakeRaw"/> back. A terminal that is gone needs nothing.</summary>
    public void Restore()
    {
        if (Interlocked.Exchange(ref _restored, 1) == 0)
        {
            _ = TcSetAttr(Descriptors.Number(_terminal), ApplyDrained, ref _saved[0]);
        }
    }

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsATty(int descriptor);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int TcGetAttr(int descriptor, ref byte mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int TcSetAttr(int descriptor, int when, ref byte mode);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void CfMakeRaw(ref byte mode);
}
