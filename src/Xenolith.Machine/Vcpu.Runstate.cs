using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine;

/// <summary>Runstate accounting.</summary>
public sealed partial class Vcpu
{
    /// <summary>What the vCPU does now. Any thread may read it.</summary>
    public Runstate Runstate { get; private set; } = Runstate.Offline;

    private Runstate RunstateOf(bool parked) => parked ? Runstate.Offline : _blocked ? Runstate.Blocked : Runstate.Running;

    private void ChangeRunstate(Runstate state) => Runstate = state;

    private void AttendToTime()
    {
    }
}
