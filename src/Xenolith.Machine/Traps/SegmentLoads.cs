using Xenolith.Abi;
using Xenolith.Engine;

namespace Xenolith.Machine.Traps;

/// <summary>The checks a processor at CPL3 makes when it loads segment registers. On the vCPU's thread.</summary>
internal static class SegmentLoads
{
    /// <summary>The bit of a selector that names the LDT.</summary>
    private const int LocalTable = 4;

    /// <summary>
    /// After iret put CS and SS in place: sets the code size, or, if a selector is not one that can be returned to, calls the failsafe
    /// callback as Xen does when its own iret faults.
    /// </summary>
    public static void CheckReturn(Vcpu vcpu, ref VcpuRegisters registers)
    {
        if (registers.Cs == SegmentSelector.FlatCode64 && registers.Ss == SegmentSelector.FlatData)
        {
            registers.Compatibility = 0;
            return;
        }

        var changes = vcpu.Domain.DescriptorChanges;
        if (TryReadCode(vcpu, registers.Cs, out var code) && IsStack(vcpu, registers.Ss, code.IsLong))
        {
            registers.Compatibility = code.IsLong ? (byte)0 : (byte)1;
            if (code.IsLong && ((registers.Cs | registers.Ss) & LocalTable) == 0)
            {
                vcpu.PublishReturnSelectors(registers.Cs, registers.Ss, changes);
            }

            return;
        }

        vcpu.Domain.Log.WriteGuestCaused($"vcpu {vcpu.Id}: iret to bad selectors cs {registers.Cs:x} ss {registers.Ss:x}: failsafe callback");
        registers.Compatibility = 0;
        Failsafe.Enter(vcpu);
    }

    /// <summary>The descriptor of a selector to which a far transfer at CPL3 may go.</summary>
    public static bool TryReadCode(Vcpu vcpu, ushort selector, out SegmentDescriptor descriptor)
        => TryRead(vcpu, selector, out descriptor) && descriptor.IsCode && descriptor.IsPresent
            && (descriptor.Privilege == 3 || descriptor.IsConforming);

    /// <summary>True if SS may hold the selector: writable data of ring 3, or null in 64-bit code where the processor allows it below ring 3 only (so: no).</summary>
    public static bool IsStack(Vcpu vcpu, ushort selector, bool longMode)
        => (longMode && selector == SegmentSelector.FlatData)
            || (TryRead(vcpu, selector, out var descriptor) && descriptor.IsWritable && descriptor.IsPresent && descriptor.Privilege == 3);

    /// <summary>
    /// A data segment register's new value. Null selectors are always fine. Returns null if it may be loaded, else the vector to inject
    /// (with the selector as error code).
    /// </summary>
    public static int? CheckData(Vcpu vcpu, ushort selector, out ulong segmentBase)
    {
        segmentBase = 0;
        if ((selector & ~3) == 0)
        {
            return null;
        }

        if (!TryRead(vcpu, selector, out var descriptor) || !descriptor.IsReadable || (descriptor.Privilege < 3 && !descriptor.IsConforming))
        {
            return Exceptions.GeneralProtection;
        }

        segmentBase = descriptor.Base;
        return descriptor.IsPresent ? null : Exceptions.SegmentNotPresent;
    }

    /// <summary>Any descriptor; false for null selectors and those beyond the tables.</summary>
    public static bool TryRead(Vcpu vcpu, ushort selector, out SegmentDescriptor descriptor)
    {
        var found = vcpu.Descriptors.TryRead(selector, out var raw);
        descriptor = new(raw);
        return found && (selector & ~3) != 0;
    }
}
