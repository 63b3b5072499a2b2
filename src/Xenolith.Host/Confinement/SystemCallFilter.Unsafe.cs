using System.Runtime.InteropServices;

namespace Xenolith.Host.Confinement;

/// <summary>
/// A seccomp filter for a process that works on descriptors it already has: reading, writing, memory, its own threads. Everything else (opening by
/// name, sockets, programs, signals to others, new threads) is refused with EPERM.
/// <para>Thread ownership: set once, for all threads of the process.</para>
/// </summary>
public static unsafe partial class SystemCallFilter
{
    private const int SeccompCall = 317, SetModeFilter = 1, AllThreads = 1;
    private const uint ArchitectureX64 = 0xC000003E, X32Bit = 0x40000000;
    private const uint Allow = 0x7FFF0000, Kill = 0x80000000, RefuseWithEperm = 0x00050000 | Errno.EPERM;
    private const ushort Load = 0x20, JumpEqual = 0x15, JumpGreaterOrEqual = 0x35, Return = 0x06;
    private const uint NumberAt = 0, ArchitectureAt = 4, FirstArgumentAt = 16;
    private const uint ThreadKill = 234;

    // arch/x86/entry/syscalls/syscall_64.tbl: what a .NET program without new threads and files calls.
    private static readonly uint[] Allowed =
    [
        0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 24, 25, 26, 27, 28, // read .. madvise, without open, stat, lstat and ioctl
        35, 39, 44, 45, 46, 47, 60, 96, 98, 99, 131, // nanosleep, getpid, send and receive, exit, times, sysinfo, sigaltstack
        186, 202, 204, 219, 228, 229, 230, 231, // gettid, futex, affinity, clocks, exit_group
        271, 295, 296, 309, 318, 324, 327, 328, // ppoll, preadv, pwritev, getcpu, getrandom, membarrier
        // set_robust_list, rseq: a thread that was made just before the filter says both before its first line, and glibc ends the process where
        // it may not.
        273, 334,
    ];

    /// <summary>Sets it. False if the kernel has no such filters.</summary>
    public static bool TryApply()
    {
        var program = new List<Instruction>
        {
            new(Load, 0, 0, ArchitectureAt),
            new(JumpEqual, 1, 0, ArchitectureX64),
            new(Return, 0, 0, Kill),
            new(Load, 0, 0, NumberAt),
            new(JumpGreaterOrEqual, 0, 1, X32Bit),
            new(Return, 0, 0, RefuseWithEperm),
        };
        foreach (var call in Allowed)
        {
            program.Add(new(JumpEqual, 0, 1, call));
            program.Add(new(Return, 0, 0, Allow));
        }

        // The runtime stops its own threads with signals; nobody else's.
        program.AddRange(
        [
            new(JumpEqual, 1, 0, ThreadKill),
            new(Return, 0, 0, RefuseWithEperm),
            new(Load, 0, 0, FirstArgumentAt),
            new(JumpEqual, 0, 1, (uint)Environment.ProcessId),
            new(Return, 0, 0, Allow),
            new(Return, 0, 0, RefuseWithEperm),
        ]);
        var instructions = program.ToArray();
        // SAFETY: the kernel copies the program during the call; both structures live until it returns.
        fixed (Instruction* first = instructions)
        {
            var header = new Header { Count = (ushort)instructions.Length, First = first };
            return Syscall(SeccompCall, SetModeFilter, AllThreads, (nint)(&header)) == 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint operation, nint flags, nint argument);

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, byte ifTrue, byte ifFalse, uint value)
    {
        public readonly ushort Code = code;
        public readonly byte IfTrue = ifTrue;
        public readonly byte IfFalse = ifFalse;
        public readonly uint Value = value;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public ushort Count;
        public Instruction* First;
    }
}
