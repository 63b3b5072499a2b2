using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>How late the kernel may wake a thread that sleeps until a time: 50 us by default.</summary>
public static partial class TimerSlack
{
    private const int PrSetTimerSlack = 29;

    /// <summary>Asks for exact wake-ups (1 ns of slack) of the calling thread. A kernel that refuses leaves them less exact.</summary>
    public static void MakeExact() => _ = Prctl(PrSetTimerSlack, 1, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, ulong a, ulong b, ulong c, ulong d);
}
