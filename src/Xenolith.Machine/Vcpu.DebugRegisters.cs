using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>Debug registers: the engine stops at what they name, except at ports (which a domU has none of).</summary>
public sealed partial class Vcpu
{
    private const ulong Cr4DebuggingExtensions = 8;
    private const ulong BreakpointsEnabled = 0xff, GeneralDetect = 0x2000;
    private const int Ports = 2;
    private bool _breakpointsSet;

    /// <summary>Writes DR0..7; 4 and 5 are 6 and 7 unless CR4.DE is set.</summary>
    internal bool TryWriteDebugRegister(int register, ulong value, out int error)
    {
        error = 0;
        switch (register)
        {
            case >= 0 and <= 3:
                if (!AddressSpace.IsGuestAddress(value))
                {
                    error = XenErrno.EPERM;
                    return false;
                }

                DebugAddresses[register] = value;
                PublishBreakpoints();
                return true;
            case 4 or 5 when (GuestCr4 & Cr4DebuggingExtensions) != 0:
                error = XenErrno.ENODEV;
                return false;
            case 4 or 6 when value >> 32 == 0:
                DebugStatus = (value & 0xe00f) | DebugStatusReserved;
                return true;
            case 5 or 7 when value >> 32 == 0 && (value & GeneralDetect) == 0 && ((GuestCr4 & Cr4DebuggingExtensions) != 0 || !WatchesPorts(value)):
                DebugControl = (value & ~0xd800UL) | DebugControlReserved;
                PublishBreakpoints();
                return true;
            case 4 or 5 or 6 or 7:
                error = XenErrno.EPERM;
                return false;
            default:
                error = XenErrno.ENODEV;
                return false;
        }
    }

    /// <summary>Reads DR0..7.</summary>
    internal bool TryReadDebugRegister(int register, out ulong value)
    {
        value = register switch
        {
            >= 0 and <= 3 => DebugAddresses[register],
            4 or 6 => DebugStatus,
            5 or 7 => DebugControl,
            _ => 0,
        };
        return register is >= 0 and <= 7 && !(register is 4 or 5 && (GuestCr4 & Cr4DebuggingExtensions) != 0);
    }

    // Without CR4.DE this type of breakpoint is undefined, and Xen refuses it once any breakpoint is enabled.
    private static bool WatchesPorts(ulong control)
    {
        for (var i = 16; i < 32 && (control & BreakpointsEnabled) != 0; i += 4)
        {
            if (((control >> i) & 3) == Ports)
            {
                return true;
            }
        }

        return false;
    }

    private void PublishBreakpoints()
    {
        var enabled = (DebugControl & BreakpointsEnabled) != 0;
        if (enabled || _breakpointsSet)
        {
            _breakpointsSet = enabled;
            Engine.SetBreakpoints(DebugAddresses, DebugControl);
        }
    }
}
