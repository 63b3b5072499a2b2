using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>The vcpu_info structure: in the shared_info page, or where the guest registered it (VCPUOP_register_vcpu_info).</summary>
public sealed partial class Vcpu
{
    private nint _info;
    private bool _infoMoved;

    /// <summary>Host address of the vcpu_info in force. A vCPU of 32 and more has a hidden one until it registers its own.</summary>
    internal nint Info => Volatile.Read(ref _info);

    /// <summary>evtchn_upcall_mask as a truth value. Only the vCPU itself and the guest write it.</summary>
    public bool UpcallMask
    {
        get => SharedWord.Load8(Info + VcpuInfoLayout.UpcallMask) != 0;
        set => SharedWord.Store8(Info + VcpuInfoLayout.UpcallMask, value ? (byte)1 : (byte)0);
    }

    /// <summary>True if an event waits and events are not masked: what is tested before guest code runs.</summary>
    internal bool UpcallDue
    {
        get
        {
            var word = SharedWord.Load16(Info);
            return (word & 0xff) != 0 && word >> 8 == 0;
        }
    }

    /// <summary>True if an event waits, masked or not.</summary>
    internal bool UpcallPending => SharedWord.Load8(Info + VcpuInfoLayout.UpcallPending) != 0;

    /// <summary>arch.cr2, which a #PF sets and a guest may write.</summary>
    internal ulong Cr2
    {
        get => SharedWord.Load64(Info + VcpuInfoLayout.Cr2);
        set => SharedWord.Store64(Info + VcpuInfoLayout.Cr2, value);
    }

    /// <summary>True while a vCPU of 32 and more has registered no vcpu_info: it cannot be initialised before.</summary>
    internal bool HasHiddenInfo => !_infoMoved && Id >= SharedInfoLayout.LegacyVcpus;

    /// <summary>Moves the vcpu_info to where the guest wants it, once, and marks everything pending so that nothing is lost. False the second time.</summary>
    internal bool TryMoveInfo(nint address)
    {
        lock (InitialiseLock)
        {
            if (_infoMoved)
            {
                return false;
            }

            _infoMoved = true;
            SharedWord.Bytes(Info, VcpuInfoLayout.Size).CopyTo(SharedWord.Bytes(address, VcpuInfoLayout.Size));
            SetInfo(address);
        }

        // A sender may have used the old place meanwhile.
        Interlocked.MemoryBarrier();
        SharedWord.Store64(address + VcpuInfoLayout.PendingSelector, ulong.MaxValue);
        SharedWord.Store8(address + VcpuInfoLayout.UpcallPending, 0);
        MarkEventsPending();
        return true;
    }

    private void ResetInfo()
    {
        if (Id < SharedInfoLayout.LegacyVcpus)
        {
            SetInfo(Domain.SharedInfo + SharedInfoLayout.VcpuInfo + (Id * VcpuInfoLayout.Size));
            return;
        }

        SetInfo(Domain.Frames.PageOf(Domain.Memory.Hypervisor.Allocate()));
    }

    private void SetInfo(nint address)
    {
        Volatile.Write(ref _info, address);
        Registers.Entry.VcpuInfo = address;
    }
}
