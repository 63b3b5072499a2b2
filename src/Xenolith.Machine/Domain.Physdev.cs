namespace Xenolith.Machine;

/// <summary>What remembers physdev_op's one registration.</summary>
public sealed partial class Domain
{
    private int _hasEoiFrame;

    /// <summary>True the first time.</summary>
    internal bool TryTakeEoiFrame() => Interlocked.Exchange(ref _hasEoiFrame, 1) == 0;
}
