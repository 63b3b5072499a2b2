using System.Runtime.InteropServices;

namespace Xenolith.Abi;

/// <summary>struct xen_memory_reservation, 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MemoryReservation
{
    /// <summary>Address of a list of frame numbers.</summary>
    public ulong ExtentStart;

    /// <summary>Entries of the list.</summary>
    public ulong ExtentCount;

    /// <summary>Each entry stands for 2^order frames.</summary>
    public uint ExtentOrder;

    /// <summary>Flags; see <see cref="MemoryOp"/>.</summary>
    public uint MemoryFlags;

    /// <summary>Whose memory.</summary>
    public ushort DomainId;

    private readonly ushort _padding1;
    private readonly uint _padding2;
}

/// <summary>struct xen_memory_exchange, 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MemoryExchange
{
    /// <summary>Frames to give away.</summary>
    public MemoryReservation In;

    /// <summary>Guest frames to populate; becomes the frames they got.</summary>
    public MemoryReservation Out;

    /// <summary>Input extents done.</summary>
    public ulong Exchanged;
}

/// <summary>struct xen_machphys_mfn_list, 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MachPhysMfnList
{
    /// <summary>Room in the list.</summary>
    public uint MaximumExtents;

    private readonly uint _padding1;

    /// <summary>Address of the list.</summary>
    public ulong ExtentStart;

    /// <summary>Entries written.</summary>
    public uint ExtentCount;

    private readonly uint _padding2;
}

/// <summary>struct xen_machphys_mapping, 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MachPhysMapping
{
    /// <summary>First address of the table.</summary>
    public ulong Start;

    /// <summary>First address behind it.</summary>
    public ulong End;

    /// <summary>Highest frame number that may be looked up.</summary>
    public ulong MaximumMfn;
}

/// <summary>struct xen_memory_map, 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MemoryMap
{
    /// <summary>Entries in the buffer.</summary>
    public uint EntryCount;

    private readonly uint _padding;

    /// <summary>Address of an array of <see cref="MemoryMapEntry"/>.</summary>
    public ulong Buffer;
}

/// <summary>struct xen_foreign_memory_map, 64-bit layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ForeignMemoryMap
{
    /// <summary>Whose map.</summary>
    public ushort DomainId;

    private readonly ushort _padding1;
    private readonly uint _padding2;

    /// <summary>The map.</summary>
    public MemoryMap Map;
}

/// <summary>One entry of a memory map, as the BIOS's E820 call gives it; 20 bytes.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Type">1 for RAM, 2 reserved, 3 ACPI, 4 NVS, 5 unusable.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct MemoryMapEntry(ulong Address, ulong Size, uint Type)
{
    /// <summary>Type of ordinary memory.</summary>
    public const uint Ram = 1;
}
