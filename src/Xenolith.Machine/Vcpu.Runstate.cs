using System.Runtime.InteropServices;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Machine;

/// <summary>
/// Runstate accounting: how long the vCPU has been in each state, for VCPUOP_get_runstate_info, for the area that the guest registered, and for
/// <c>xl list</c>. Changed on the vCPU's thread, or while it is parked.
/// </summary>
public sealed partial class Vcpu
{
    private RunstateRecord _runstate = new() { State = (uint)Runstate.Offline };
    private SeqLock _runstateLock;
    private ulong _runstateArea;

    /// <summary>What the vCPU does now. Any thread may read it.</summary>
    public Runstate Runstate => (Runstate)Volatile.Read(ref _runstate.State);

    /// <summary>State, since when, and the ns spent in each state until now. Any thread.</summary>
    internal RunstateRecord RunstateNow()
    {
        RunstateRecord copy;
        uint ticket;
        do
        {
            ticket = _runstateLock.BeginRead();
            copy = _runstate;
        }
        while (!_runstateLock.EndRead(ticket));
        copy.Add(Domain.Time.Now());
        return copy;
    }

    /// <summary>Linear address at which the guest's kernel wants a copy of the record at each change; 0: none.</summary>
    internal void RegisterRunstateArea(ulong address)
    {
        _runstateArea = address;
        WriteRunstateArea();
    }

    private Runstate RunstateOf(bool parked) => parked ? Runstate.Offline : _blocked ? Runstate.Blocked : Runstate.Running;

    private void ChangeRunstate(Runstate state)
    {
        var now = Domain.Time.Now();
        var stolen = Runstate == Runstate.Running ? StolenSince(now, state != Runstate.Running) : 0;
        _runstateLock.BeginWrite();
        _runstate.Add(now);
        _runstate.Steal(stolen);
        _runstate.State = (uint)state;
        _runstateLock.EndWrite();
        if (_runstateArea != 0)
        {
            WriteRunstateArea();
        }
    }

    /// <summary>
    /// Writes the area through the kernel's page tables. With the vm_assist runstate_update_flag the entry time carries a flag while the rest changes. A page that
    /// is gone is the guest's own loss.
    /// </summary>
    private void WriteRunstateArea()
    {
        if (_runstateArea == 0 || KernelRootMfn == 0)
        {
            return;
        }

        var record = _runstate;
        if (Domain.RunstateUpdateFlag)
        {
            var marked = record.EntryTime | RunstateRecord.Updating;
            if (!WriteThroughKernel(_runstateArea + RunstateRecord.EntryTimeOffset, MemoryMarshal.AsBytes(new Span<ulong>(ref marked))))
            {
                return;
            }

            var entry = record.EntryTime;
            record.EntryTime = marked;
            WriteThroughKernel(_runstateArea, MemoryMarshal.AsBytes(new Span<RunstateRecord>(ref record)));
            WriteThroughKernel(_runstateArea + RunstateRecord.EntryTimeOffset, MemoryMarshal.AsBytes(new Span<ulong>(ref entry)));
            return;
        }

        WriteThroughKernel(_runstateArea, MemoryMarshal.AsBytes(new Span<RunstateRecord>(ref record)));
    }

    private bool WriteThroughKernel(ulong address, ReadOnlySpan<byte> bytes) => Domain.Memory.Copy.Write(KernelRootMfn, address, bytes);
}
