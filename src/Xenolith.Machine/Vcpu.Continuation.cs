using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine;

/// <summary>Long hypercalls: they stop when something else waits for the vCPU, and are made again with what is left to do. On the vCPU's thread.</summary>
public sealed partial class Vcpu
{
    private HypercallArguments _again;
    private bool _hasContinuation;

    /// <summary>True if a hypercall that has more to do should stop: a pause, an event or the end of the domain waits.</summary>
    public bool ShouldYield => Volatile.Read(ref _attention) != 0 || UpcallDue;

    /// <summary>
    /// Makes the current hypercall (or multicall entry) run again later with other arguments; the handler returns the result at once.
    /// </summary>
    public long Continue(in HypercallArguments changed)
    {
        _again = changed;
        _hasContinuation = true;
        return 0;
    }

    /// <summary>Takes what <see cref="Continue"/> left.</summary>
    internal bool TakeContinuation(out HypercallArguments changed)
    {
        changed = _again;
        var has = _hasContinuation;
        _hasContinuation = false;
        return has;
    }
}
