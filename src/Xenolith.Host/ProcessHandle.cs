using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>How a child process ended.</summary>
/// <param name="ExitCode">Its exit code, or -1 if a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
public readonly record struct ProcessEnd(int ExitCode, int Signal)
{
    /// <inheritdoc/>
    public override string ToString() => Signal == 0 ? $"exited with code {ExitCode}" : $"was killed by signal {Signal}";
}

/// <summary>
/// A process held by a pidfd: it never means another process, and it can be polled (readable when the process has ended, zombie or not).
/// Thread ownership: free for all threads until disposed; only the parent may <see cref="Reap"/>, once.
/// </summary>
public sealed partial class ProcessHandle : IDisposable
{
    private const int PidfdOpen = 434;
    private const int PidfdSendSignal = 424;
    private const int WaitPidfd = 3;
    private const int Exited = 4;
    private const int NoHang = 1;
    private const int ChildExited = 1;

    private ProcessHandle(int pid, SafeFileHandle descriptor)
    {
        Pid = pid;
        Descriptor = descriptor;
    }

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>The process id.</summary>
    public int Pid { get; }

    /// <summary>The pidfd.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <summary>Opens a process by id; null if there is none.</summary>
    public static ProcessHandle? TryOpen(int pid)
    {
        var descriptor = (int)Syscall(PidfdOpen, pid, 0, 0, 0);
        if (descriptor >= 0)
        {
            return new(pid, Descriptors.Own(descriptor));
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.ESRCH or Errno.EINVAL ? null : throw new HostException($"open process {pid}", errno);
    }

    /// <summary>Has it ended? A zombie has.</summary>
    public bool HasEnded => Poller.WaitFor(Descriptor, PollEvents.Readable, 0);

    /// <summary>Sends a signal; false if the process has ended.</summary>
    public bool Signal(int signal)
    {
        if (Syscall(PidfdSendSignal, Descriptors.Number(Descriptor), signal, 0, 0) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? false : throw new HostException($"signal process {Pid}", errno);
    }

    /// <summary>
    /// Sends a signal to a process and to all it has started, provided it was spawned as the leader of a session and was not reaped yet: only until
    /// then is its number certainly its own.
    /// </summary>
    public void SignalGroup(int signal)
    {
        if (KillCall(-Pid, signal) != 0 && Marshal.GetLastPInvokeError() != Errno.ESRCH)
        {
            throw HostException.Last($"signal the processes of {Pid}");
        }
    }

    /// <summary>Waits for the end; false after the timeout.</summary>
    public bool WaitForEnd(int milliseconds) => Poller.WaitFor(Descriptor, PollEvents.Readable, milliseconds);

    /// <summary>Takes a child's end from the kernel, which removes the zombie; null while it runs.</summary>
    public ProcessEnd? Reap()
    {
        Span<int> info = stackalloc int[32];
        info.Clear();
        if (WaitId(WaitPidfd, (uint)Descriptors.Number(Descriptor), ref MemoryMarshal.GetReference(info), Exited | NoHang) != 0)
        {
            throw HostException.Last($"wait for process {Pid}");
        }

        // siginfo_t of a child: si_signo, si_errno, si_code, (padding), si_pid, si_uid, si_status.
        return info[0] == 0 ? null : info[2] == ChildExited ? new(info[6], 0) : new(-1, info[6]);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>The handle of a child just started, which nobody else can have reaped.</summary>
    internal static ProcessHandle OfChild(int pid) => TryOpen(pid) ?? throw new HostException($"open process {pid}", Errno.ESRCH);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCall(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitId(int kind, uint id, ref int info, int options);
}
