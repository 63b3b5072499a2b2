using Xenolith.Machine;
using Xenolith.Machine.Time;

namespace Xenolith.Toolstack.Domains;

/// <summary>
/// Passes on that a guest's memory or vCPUs changed, a little later and once for many changes: a balloon changes memory thousands of times a second.
/// <para>Thread ownership: any thread raises; the domain's timer thread tells.</para>
/// </summary>
internal sealed class ChangeNotice
{
    private const long Nanoseconds = 50_000_000;

    private readonly Domain _domain;
    private readonly Deadline _deadline;
    private int _raised;

    /// <summary>Makes a notice.</summary>
    /// <param name="domain">Whose timers carry it.</param>
    /// <param name="tell">Called on the timer thread, quick.</param>
    public ChangeNotice(Domain domain, Action tell)
    {
        _domain = domain;
        _deadline = new(() =>
        {
            // Before the figures are read: a change after that raises the notice again.
            Interlocked.Exchange(ref _raised, 0);
            tell();
        });
    }

    /// <summary>Something changed.</summary>
    public void Raise()
    {
        if (Interlocked.Exchange(ref _raised, 1) == 0)
        {
            _domain.Timers.Set(_deadline, _domain.Time.Now() + Nanoseconds);
        }
    }
}
