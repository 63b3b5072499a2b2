using System.Runtime.CompilerServices;
using Xenolith.Engine;
using Xenolith.Machine.Events;
using Xenolith.Machine.Grants;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;
using Xenolith.Machine.Mmu;
using Xenolith.Machine.Privileged;
using Xenolith.Machine.Time;

namespace Xenolith.Machine;

/// <summary>
/// One running guest: its memory, vCPUs, shared_info page, event channels, grants and life cycle. The parts live in files of their own
/// (<c>Domain.*.cs</c> here and in the folders).
/// <para>Thread ownership: any thread, unless a member says otherwise. Lock order: <c>_lifecycle</c> before a vCPU's own locks; subsystem
/// locks (events, grants, timers) are leaves and are never held across a call into the engine that waits for vCPUs.</para>
/// </summary>
public sealed partial class Domain : IDisposable
{
    private readonly Vcpu[] _vcpus;

    /// <summary>Makes a domain, paused once (as Xen's createdomain): <see cref="Unpause"/> starts it.</summary>
    public Domain(DomainParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfLessThan(parameters.VcpuCount, 1, nameof(parameters));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parameters.VcpuCount, 64, nameof(parameters));
        Id = parameters.Id;
        Uuid = parameters.Uuid;
        Memory = parameters.Memory;
        Engine = parameters.Engine;
        Mmu = new DomainMmu(Memory, Engine);
        PageFaultFixup = PageTableWrites.TryFixUp;
        SharedInfoMfn = Memory.Hypervisor.AllocateShared(writable: true);
        SharedInfo = Frames.PageOf(SharedInfoMfn);
        Timers = new DomainTimers(Time);
        for (var i = 0; i < _watchdogs.Length; i++)
        {
            _watchdogs[i] = new Deadline(WatchdogExpired);
        }

        Cpuid = new CpuidTable(parameters.VcpuCount, Time, parameters.HostCpuid);
        Events = new EventChannels(this);
        Grants = new GrantTable(this);
        _vcpus = new Vcpu[parameters.VcpuCount];
        for (var id = 0; id < _vcpus.Length; id++)
        {
            _vcpus[id] = new Vcpu(this, id, Engine.CreateVcpu(id));
        }
    }

    /// <summary>Domain id.</summary>
    public int Id { get; }

    /// <summary>The xen_domain_handle_t.</summary>
    public Guid Uuid { get; }

    /// <summary>RAM and hypervisor pages.</summary>
    public DomainMemory Memory { get; }

    /// <summary>The PV MMU over <see cref="Memory"/>.</summary>
    public DomainMmu Mmu { get; }

    /// <summary>The machine address space.</summary>
    public MachineFrames Frames => Memory.Frames;

    /// <summary>Walks page tables in <see cref="Frames"/>.</summary>
    public PageWalk Walk => Memory.Walk;

    /// <summary>What executes the vCPUs.</summary>
    public IEngine Engine { get; }

    /// <summary>All vCPUs by id, online or not.</summary>
    public IReadOnlyList<Vcpu> Vcpus => _vcpus;

    /// <summary>vCPU of an id, or null.</summary>
    public Vcpu? FindVcpu(ulong id) => id < (ulong)_vcpus.Length ? _vcpus[id] : null;

    /// <summary>Called when a vCPU came up or went down, on any thread: it must only pass the news on.</summary>
    public Action? VcpusChanged { get; set; }

    /// <summary>Frame of the shared_info page, for start_info.</summary>
    public ulong SharedInfoMfn { get; }

    /// <summary>Host address of the shared_info page.</summary>
    public nint SharedInfo { get; }

    /// <summary>True for a 32-bit PAE guest, which uses the compat layouts.</summary>
    public bool Compat { get; init; }

    /// <summary>What the vCPUs' CPUID returns.</summary>
    public CpuidTable Cpuid { get; }

    /// <summary>Event channels, the guest's side and the host's.</summary>
    public EventChannels Events { get; }

    /// <summary>What the guest lends to backends.</summary>
    public GrantTable Grants { get; }

    /// <summary>What the hypervisor and the guest (console_io) have to say.</summary>
    public DomainLog Log { get; } = new();

    /// <summary>
    /// Tried before a #PF goes to the guest: true if the machine has dealt with it (ptwr, a spurious fault) and the vCPU may go on. Set by the MMU.
    /// Runs on the vCPU's thread. Arguments: the vCPU, the address, the error code.
    /// </summary>
    public Func<Vcpu, ulong, uint, bool>? PageFaultFixup { get; set; }

    /// <summary>
    /// Takes a page of the guest's own RAM that it lends to the hypervisor or a backend by number (FIFO pages, vcpu_info, grants): until
    /// <see cref="LetGoPage"/> it is neither freed nor, if writable, made a page table.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryHoldPage(ulong mfn, bool writable, out nint page)
    {
        if (!Memory.IsRam(mfn) || !Mmu.TryHold(mfn, writable))
        {
            page = 0;
            return false;
        }

        page = Memory.RamPage(mfn);
        return true;
    }

    /// <summary>Undoes one <see cref="TryHoldPage"/> with the same arguments.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void LetGoPage(ulong mfn, bool writable) => Mmu.LetGo(mfn, writable);

    /// <summary>Exits of the engine so far, by reason, summed over the vCPUs.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> ExitCounters()
        => [.. Enum.GetValues<ExitReason>().Select(r => KeyValuePair.Create(r.ToString(), _vcpus.Sum(v => v.ExitCounts[(int)r])))];

    /// <summary>Hypercalls so far by number and name; unknown numbers are summed as <c>unknown</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> HypercallCounters() => HypercallDispatch.Counters(_vcpus);
}
