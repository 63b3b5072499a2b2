using Xenolith.Engine;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine;

/// <summary>
/// One virtual CPU: a host thread that runs guest code through the engine and does what exits ask for.
/// <para>Thread ownership: everything belongs to the vCPU's own thread, or to any thread while the vCPU is parked (domain paused, vCPU down,
/// not yet started), except what says otherwise.</para>
/// </summary>
public sealed partial class Vcpu : IDisposable
{
    private ulong _userRootMfn;

    internal Vcpu(Domain domain, int id, IVcpuEngine engine)
    {
        Domain = domain;
        Id = id;
        Engine = engine;
        FindRegisters();
        IsDown = true;
        NmiMasked = false;
        PublishIopl();
        SetControl4(Privileged.ControlRegisters.InitialCr4);
        ResetInfo();
    }

    /// <summary>The domain.</summary>
    public Domain Domain { get; }

    /// <summary>0-based.</summary>
    public int Id { get; }

    /// <summary>The engine's side.</summary>
    public IVcpuEngine Engine { get; }

    /// <summary>True while the guest's kernel mode is the current one.</summary>
    public bool InKernel => Registers.KernelMode != 0;

    /// <summary>Root of the kernel's address space (guest_table); 0: none. Change with <see cref="LoadRoots"/>.</summary>
    public ulong KernelRootMfn { get; private set; }

    /// <summary>Root of user mode's (guest_table_user); 0: none.</summary>
    public ulong UserRootMfn
    {
        get => _userRootMfn;
        private set
        {
            _userRootMfn = value;
            Registers.Entry.UserRootReady = Published(value != 0);
        }
    }

    /// <summary>Root in force in the current mode.</summary>
    public ulong CurrentRootMfn => InKernel ? KernelRootMfn : UserRootMfn;

    /// <summary>Hypercalls by number; see <see cref="HypercallDispatch.CounterSlots"/>.</summary>
    internal long[] HypercallCounts { get; } = new long[HypercallDispatch.CounterSlots];

    /// <summary>True while a multicall's entries are worked on: they may not contain another.</summary>
    internal bool InMulticall { get; set; }

    /// <summary>Loads both roots: a CR3 load for the engine.</summary>
    public void LoadRoots(ulong kernelRootMfn, ulong userRootMfn)
    {
        KernelRootMfn = kernelRootMfn;
        UserRootMfn = userRootMfn;
        Engine.LoadRoots(kernelRootMfn, userRootMfn);
    }

    /// <summary>Frees the engine's side; the thread has ended.</summary>
    public void Dispose()
    {
        Engine.Dispose();
    }
}
