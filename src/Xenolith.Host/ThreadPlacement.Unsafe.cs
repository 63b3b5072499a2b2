using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>Where a thread may run, and how it ranks. Any thread of the same user's processes can be named. Thread ownership: free for all threads.</summary>
public static partial class ThreadPlacement
{
    private const int BitsPerWord = 64;
    private const int ProcessPriority = 0;

    /// <summary>Lets a thread run on these host CPUs only; those that are not there are ignored by the kernel. A thread that has ended is no error.</summary>
    /// <exception cref="HostException">None of the CPUs exists or is allowed to us (EINVAL), or the thread is another user's (EPERM).</exception>
    public static unsafe void SetAffinity(int thread, IReadOnlyCollection<int> cpus)
    {
        ArgumentNullException.ThrowIfNull(cpus);
        var mask = new ulong[(cpus.DefaultIfEmpty().Max() / BitsPerWord) + 1];
        foreach (var cpu in cpus)
        {
            mask[cpu / BitsPerWord] |= 1UL << (cpu % BitsPerWord);
        }

        // SAFETY: the kernel reads the array's length in bytes.
        fixed (ulong* words = mask)
        {
            if (SetAffinity(thread, (nuint)(mask.Length * sizeof(ulong)), words) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.ESRCH)
            {
                throw new HostException($"let thread {thread} run on CPUs {string.Join(',', cpus)} only", errno);
            }
        }
    }

    /// <summary>Sets a thread's nice value, -20 (first) to 19 (last). A thread that has ended is no error.</summary>
    /// <exception cref="HostException">Lowering it needs CAP_SYS_NICE or RLIMIT_NICE (EACCES).</exception>
    public static void SetNice(int thread, int nice)
    {
        if (SetPriority(ProcessPriority, thread, nice) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.ESRCH)
        {
            throw new HostException($"set the nice value of thread {thread} to {nice}", errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static unsafe partial int SetAffinity(int thread, nuint size, ulong* mask);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int nice);
}
