using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Machine;

/// <summary>vm_assist: behaviours that a guest asks for.</summary>
public sealed partial class Domain
{
    /// <summary>Types a 64-bit guest may name: 4gb_segments(_notify), writable_pagetables, architectural_iopl, runstate_update_flag, m2p_strict.</summary>
    private const ulong KnownAssists = (1UL << 0) | (1UL << 1) | (1UL << 2) | (1UL << 4) | (1UL << 5) | (1UL << 32);

    /// <summary>The same for 32-bit guests, with pae_extended_cr3 and without m2p_strict.</summary>
    private const ulong KnownCompatAssists = (1UL << 0) | (1UL << 1) | (1UL << 2) | (1UL << 3) | (1UL << 4) | (1UL << 5);

    private readonly Lock _assistsChange = new();
    private ulong _assists;

    /// <summary>VMASST_TYPE_* bits in force.</summary>
    public ulong Assists => Volatile.Read(ref _assists);

    /// <summary>VMASST_TYPE_architectural_iopl: IOPL in RFLAGS instead of PHYSDEVOP_set_iopl.</summary>
    public bool ArchitecturalIopl => (Assists & (1 << 4)) != 0;

    /// <summary>VMASST_TYPE_runstate_update_flag: announce updates of registered runstate areas.</summary>
    public bool RunstateUpdateFlag => (Assists & (1 << 5)) != 0;

    /// <summary>The vm_assist hypercall: enable (0) or disable (1) a type.</summary>
    internal static long VmAssist(Vcpu vcpu, in HypercallArguments arguments)
    {
        var domain = vcpu.Domain;
        var (command, type) = ((uint)arguments.First, (uint)arguments.Second);
        if (type >= 64 || ((domain.Compat ? KnownCompatAssists : KnownAssists) & (1UL << (int)type)) == 0)
        {
            return -XenErrno.EINVAL;
        }

        if (command > 1)
        {
            return -XenErrno.ENOSYS;
        }

        lock (domain._assistsChange)
        {
            domain._assists = command == 0 ? domain._assists | (1UL << (int)type) : domain._assists & ~(1UL << (int)type);
            foreach (var other in domain.Vcpus)
            {
                other.PublishIopl();
            }
        }

        return 0;
    }
}
