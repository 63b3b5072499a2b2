using Xenolith.Abi;
using Xenolith.Machine.Memory;
using Xenolith.Machine.Mmu;

namespace Xenolith.Machine;

/// <content>A vCPU's part of the MMU: the tables its roots name and its descriptor tables.</content>
public sealed partial class Vcpu
{
    private DescriptorTables? _descriptors;
    private bool _rootsChanged;

    /// <summary>Requests of mmu_update done by this vCPU. Written by its thread only.</summary>
    internal long EntriesUpdated { get; set; }

    /// <summary>Plain writes to page tables done for this vCPU. Written by its thread only.</summary>
    internal long TableWritesEmulated { get; set; }

    /// <summary>Reads a hypercall's argument; false for -EFAULT, also where the address is Xen's own.</summary>
    internal bool TryReadArgument<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return AddressSpace.IsGuestAddress(address) && TryReadGuest(address, out value);
    }

    /// <summary>GDT and LDT.</summary>
    internal DescriptorTables Descriptors => _descriptors ??= new DescriptorTables(this);

    /// <summary>Gives the vCPU its first address space, whose tables were pinned by <see cref="DomainMmu.PinInitialTables"/>, or come with VCPUOP_initialise.</summary>
    /// <param name="kernelRootMfn">L4 table of kernel mode.</param>
    /// <param name="userRootMfn">L4 table of user mode, or 0.</param>
    /// <returns>0, or a negated error if one is no valid L4 table; then nothing changed.</returns>
    public int SetInitialRoots(ulong kernelRootMfn, ulong userRootMfn = 0)
    {
        var types = Domain.Mmu.Types;
        var error = types.GetTable(kernelRootMfn, FrameType.L4);
        if (error == 0 && userRootMfn != 0)
        {
            error = types.GetTable(userRootMfn, FrameType.L4);
            if (error != 0)
            {
                types.PutTable(kernelRootMfn);
            }
        }

        if (error != 0)
        {
            return error;
        }

        var (oldKernel, oldUser) = (KernelRootMfn, UserRootMfn);
        LoadRoots(kernelRootMfn, userRootMfn);
        PutRoot(oldKernel);
        PutRoot(oldUser);
        return 0;
    }

    /// <summary>
    /// MMUEXT_NEW_BASEPTR: a CR3 load of the guest's kernel. The engine hears of it at <see cref="CommitRoots"/>, since user mode's root mostly
    /// follows in the same list.
    /// </summary>
    internal int NewKernelRoot(ulong mfn)
    {
        if (mfn == KernelRootMfn)
        {
            _rootsChanged = true;
            return 0;
        }

        var error = Domain.Mmu.Types.GetTable(mfn, FrameType.L4);
        if (error != 0)
        {
            return error;
        }

        Descriptors.ForgetLdtFrames();
        var old = KernelRootMfn;
        KernelRootMfn = mfn;
        _rootsChanged = true;
        PutRoot(old);
        return 0;
    }

    /// <summary>MMUEXT_NEW_USER_BASEPTR: the tables of user mode; 0 for none. See <see cref="NewKernelRoot"/> for the engine's part.</summary>
    internal int NewUserRoot(ulong mfn)
    {
        if (mfn == UserRootMfn)
        {
            return 0;
        }

        var error = mfn == 0 ? 0 : Domain.Mmu.Types.GetTable(mfn, FrameType.L4);
        if (error != 0)
        {
            return error;
        }

        var old = UserRootMfn;
        UserRootMfn = mfn;
        _rootsChanged = true;
        PutRoot(old);
        return 0;
    }

    /// <summary>Gives the engine the roots that a list of operations left.</summary>
    internal void CommitRoots()
    {
        if (_rootsChanged)
        {
            _rootsChanged = false;
            LoadRoots(KernelRootMfn, UserRootMfn);
        }
    }

    private void PutRoot(ulong mfn)
    {
        if (mfn != 0)
        {
            Domain.Mmu.Types.PutTable(mfn);
        }
    }
}
