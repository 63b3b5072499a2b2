using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>What a process asks the kernel about itself. Thread ownership: free for all threads unless a member says otherwise.</summary>
public static partial class CurrentProcess
{
    private const int SetParentDeathSignal = 1;
    private const int SetDumpable = 4;
    private const uint GroupAndOthers = 0x3f;
    private const int FileTooLarge = 25;
    private const nint Ignored = 1;

    /// <summary>
    /// Ends this process by SIGKILL when the thread that spawned it ends. Returns false if that has happened already
    /// (<paramref name="parent"/> is not our parent any more): then leave at once.
    /// </summary>
    /// <param name="parent">The process id that the parent told us.</param>
    public static bool DieWithParent(int parent)
    {
        _ = Prctl(SetParentDeathSignal, ProcessHandle.Kill, 0, 0, 0);
        return ParentId() == parent;
    }

    /// <summary>
    /// Makes this process and its children independent of what an odd caller left to them: an umask that would shut us out of our own files, and
    /// a limit of file sizes (<c>ulimit -f</c>), which holds for guest memory too and shall be an error with words, not a signal.
    /// </summary>
    public static void Settle()
    {
        _ = SetMask(SetMask(GroupAndOthers) & GroupAndOthers);
        _ = SetDisposition(FileTooLarge, Ignored);
    }

    /// <summary>Leaves a working directory that was removed, where relative names mean nothing, for the root.</summary>
    public static void LeaveRemovedDirectory()
    {
        try
        {
            _ = Environment.CurrentDirectory;
        }
        catch (IOException)
        {
            Environment.CurrentDirectory = "/";
        }
    }

    /// <summary>Forbids core dumps of, and debuggers at, this process: its memory is a guest's.</summary>
    public static void HideMemory() => _ = Prctl(SetDumpable, 0, 0, 0, 0);

    /// <summary>Number of CAP_NET_ADMIN, the right to make and change network interfaces.</summary>
    public const int NetAdministration = 12;

    /// <summary>
    /// Has this process a capability in its user namespace? That is necessary, not sufficient: the object may belong to another namespace.
    /// </summary>
    /// <param name="number">CAP_* of linux/capability.h.</param>
    public static bool HasCapability(int number)
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal))
            {
                return ((Convert.ToUInt64(line[7..].Trim(), 16) >> number) & 1) != 0;
            }
        }

        return false;
    }

    /// <summary>The calling thread's id in the kernel, as in /proc/PID/task.</summary>
    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetDisposition(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentId();

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nint a, nint b, nint c, nint d);
}
