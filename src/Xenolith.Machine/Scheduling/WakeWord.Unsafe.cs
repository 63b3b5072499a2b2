using System.Runtime.InteropServices;
using Xenolith.Host;

namespace Xenolith.Machine.Scheduling;

/// <summary>
/// What one vCPU thread sleeps on. The protocol without lost wake-ups: the sleeper takes <see cref="Ticket"/>, then tests its condition,
/// then calls <see cref="Sleep"/> with the ticket; whoever makes the condition true calls <see cref="Wake"/> afterwards, which makes older tickets void.
/// </summary>
internal sealed unsafe class WakeWord : IDisposable
{
    private readonly int* _word = (int*)NativeMemory.AllocZeroed(64);
    private int _sleeping;

    /// <summary>To be taken before the condition is tested.</summary>
    public int Ticket => Volatile.Read(ref *_word);

    /// <summary>Sleeps unless somebody woke since the ticket was taken. May return early; the caller tests again.</summary>
    /// <param name="ticket">From <see cref="Ticket"/>.</param>
    /// <param name="deadline">CLOCK_MONOTONIC ns; <see cref="long.MaxValue"/> for none.</param>
    public void Sleep(int ticket, long deadline)
    {
        Interlocked.Exchange(ref _sleeping, 1);
        // SAFETY: the word is native memory, freed only after the thread has ended.
        Futex.Wait(_word, ticket, deadline);
        Volatile.Write(ref _sleeping, 0);
    }

    /// <summary>Voids all tickets and wakes the sleeper. Any thread; no system call if nobody sleeps.</summary>
    public void Wake()
    {
        // SAFETY: as in Sleep. The interlocked step orders the word before the test of _sleeping.
        Interlocked.Increment(ref *_word);
        if (Volatile.Read(ref _sleeping) != 0)
        {
            Futex.Wake(_word, 1);
        }
    }

    /// <summary>Frees the word; the vCPU thread has ended and nobody calls <see cref="Wake"/> any more.</summary>
    public void Dispose() => NativeMemory.Free(_word);
}
