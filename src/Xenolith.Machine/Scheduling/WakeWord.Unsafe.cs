using System.Runtime.CompilerServices;
using Xenolith.Host;

namespace Xenolith.Machine.Scheduling;

/// <summary>
/// What one thread sleeps on. The protocol without lost wake-ups: the sleeper takes <see cref="Ticket"/>, then tests its condition,
/// then calls <see cref="Sleep"/> with the ticket; whoever makes the condition true calls <see cref="Wake"/> afterwards, which makes older tickets void.
/// </summary>
public sealed unsafe class WakeWord
{
    /// <summary>Pinned, and alone in its cache line.</summary>
    private readonly int[] _word = GC.AllocateArray<int>(32, pinned: true);
    private int _sleeping;

    /// <summary>To be taken before the condition is tested.</summary>
    public int Ticket => Volatile.Read(ref *Word);

    // SAFETY: the array is pinned for its life and has 32 elements.
    private int* Word => (int*)Unsafe.AsPointer(ref _word[16]);

    /// <summary>Sleeps unless somebody woke since the ticket was taken. May return early; the caller tests again.</summary>
    /// <param name="ticket">From <see cref="Ticket"/>.</param>
    /// <param name="deadline">CLOCK_MONOTONIC ns; <see cref="long.MaxValue"/> for none.</param>
    public void Sleep(int ticket, long deadline)
    {
        Interlocked.Exchange(ref _sleeping, 1);
        // SAFETY: the array is pinned and this object, which holds it, is in use.
        Futex.Wait(Word, ticket, deadline);
        Volatile.Write(ref _sleeping, 0);
    }

    /// <summary>Voids all tickets and wakes the sleeper. Any thread; no system call if nobody sleeps.</summary>
    public void Wake()
    {
        // SAFETY: as in Sleep. The interlocked step orders the word before the test of _sleeping.
        Interlocked.Increment(ref *Word);
        if (Volatile.Read(ref _sleeping) != 0)
        {
            Futex.Wake(Word, 1);
        }
    }
}
