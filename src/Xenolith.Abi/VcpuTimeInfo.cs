using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>
/// vcpu_time_info (public/xen.h): system time in ns = SystemTime + (((tsc - TscTimestamp) shifted by TscShift) * TscToSystemMul >> 32).
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
public struct VcpuTimeInfo
{
    /// <summary>Odd while the structure is being written.</summary>
    public uint Version;

    /// <summary>Padding.</summary>
    public uint Padding;

    /// <summary>TSC at which the rest was true.</summary>
    public ulong TscTimestamp;

    /// <summary>System time then, in ns.</summary>
    public ulong SystemTime;

    /// <summary>32.32 fixed-point factor.</summary>
    public uint TscToSystemMul;

    /// <summary>Left shift of the TSC difference; negative means right.</summary>
    public sbyte TscShift;

    /// <summary>XEN_PVCLOCK_* bits.</summary>
    public byte Flags;

    /// <summary>XEN_PVCLOCK_TSC_STABLE_BIT: the clocks of all vCPUs agree.</summary>
    public const byte TscStable = 1;
}
