using System.Runtime.InteropServices;

namespace Xenolith.Machine.Scheduling;

/// <summary>vcpu_runstate_info (public/vcpu.h), 64-bit layout. Times in ns of system time.</summary>
[StructLayout(LayoutKind.Sequential, Size = 48)]
internal struct RunstateRecord
{
    /// <summary>XEN_RUNSTATE_UPDATE: set in the entry time while the record is being written.</summary>
    public const ulong Updating = 1UL << 63;

    /// <summary>Offset of <see cref="EntryTime"/>.</summary>
    public const int EntryTimeOffset = 8;

    public uint State;
    private readonly uint _padding;
    public ulong EntryTime;
    public ulong Running, Runnable, Blocked, Offline;

    /// <summary>ns spent in a state, as booked.</summary>
    public readonly ulong TimeIn(Runstate state) => state switch
    {
        Runstate.Running => Running,
        Runstate.Runnable => Runnable,
        Runstate.Blocked => Blocked,
        _ => Offline,
    };

    /// <summary>Moves time that was booked as running to runnable: the host ran something else.</summary>
    public void Steal(ulong stolen)
    {
        stolen = Math.Min(stolen, Running);
        Running -= stolen;
        Runnable += stolen;
    }

    /// <summary>Books the time since the last change to the state that it was in.</summary>
    public void Add(long now)
    {
        var elapsed = EntryTime == 0 ? 0 : (ulong)now - EntryTime;
        switch ((Runstate)State)
        {
            case Runstate.Running:
                Running += elapsed;
                break;
            case Runstate.Runnable:
                Runnable += elapsed;
                break;
            case Runstate.Blocked:
                Blocked += elapsed;
                break;
            default:
                Offline += elapsed;
                break;
        }

        EntryTime = (ulong)now;
    }
}
