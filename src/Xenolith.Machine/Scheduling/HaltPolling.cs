namespace Xenolith.Machine.Scheduling;

/// <summary>
/// How long a vCPU that blocks, or a backend whose ring is empty, looks for its event before it sleeps in the kernel: nothing, unless its waits have
/// lately been so short that sleeping and waking cost more than the wait (two vCPUs that talk to each other, a guest that reads block by block). Waits
/// of an idle guest are long, so it never polls. Owned by the waiting thread.
/// </summary>
public struct HaltPolling
{
    /// <summary>Longest polling, in ns: about what a sleep and a wake-up cost.</summary>
    public const long Longest = 40_000;

    private const long First = 10_000, Shortest = 5_000;

    /// <summary>For how many ns to poll at the next wait.</summary>
    public long Budget { get; private set; }

    /// <summary>Learns from a wait that is over.</summary>
    /// <param name="nanoseconds">How long it was.</param>
    /// <param name="slept">True if polling was not enough.</param>
    public void Waited(long nanoseconds, bool slept)
    {
        if (nanoseconds > Longest)
        {
            Budget = Budget / 2 < Shortest ? 0 : Budget / 2;
        }
        else if (slept)
        {
            Budget = Budget == 0 ? First : Math.Min(Budget * 2, Longest);
        }
    }
}
