namespace Xenolith.Abi;

/// <summary>Commands of memory_op (XENMEM_*) and the limits that come with them.</summary>
public static class MemoryOp
{
    /// <summary>Bits 0..5 of the command argument; the bits above say where an interrupted call goes on.</summary>
    public const ulong CommandMask = 0x3f;

    /// <summary>See <see cref="CommandMask"/>.</summary>
    public const int ExtentShift = 6;

    /// <summary>Largest extent that an unprivileged domain may ask for: 2^9 pages.</summary>
    public const int MaximumOrder = 9;

    /// <summary>Most entries of a memory map.</summary>
    public const int MaximumMapEntries = 1024;

    /// <summary>Bits 0..7 of a reservation's flags: most address bits of the memory, 0 for any.</summary>
    public const uint AddressBitsMask = 0xff;

    /// <summary>In a reservation's flags: only mark the frames, for HVM domains.</summary>
    public const uint PopulateOnDemand = 1 << 16;

    /// <summary>In a reservation's flags: memory of exactly one node, for privileged domains.</summary>
    public const uint ExactNode = 1 << 17;

    /// <summary>Give the domain more frames.</summary>
    public const int IncreaseReservation = 0;

    /// <summary>Take frames from the domain.</summary>
    public const int DecreaseReservation = 1;

    /// <summary>Highest machine frame number.</summary>
    public const int MaximumRamPage = 2;

    /// <summary>Pages that a domain has.</summary>
    public const int CurrentReservation = 3;

    /// <summary>Pages that a domain may have.</summary>
    public const int MaximumReservation = 4;

    /// <summary>Frames of the machine-to-physical table, for those who map it themselves.</summary>
    public const int MachPhysMfnList = 5;

    /// <summary>Give the domain frames for given guest frame numbers.</summary>
    public const int PopulatePhysmap = 6;

    /// <summary>For translated domains.</summary>
    public const int AddToPhysmap = 7;

    /// <summary>The domain's memory map.</summary>
    public const int MemoryMap = 9;

    /// <summary>The host's memory map, for privileged domains.</summary>
    public const int MachineMemoryMap = 10;

    /// <summary>Change frames for others.</summary>
    public const int Exchange = 11;

    /// <summary>Where the machine-to-physical table is.</summary>
    public const int MachPhysMapping = 12;

    /// <summary>Set a domain's memory map.</summary>
    public const int SetMemoryMap = 13;

    /// <summary>Highest guest frame number.</summary>
    public const int MaximumGpfn = 14;

    /// <summary>For translated domains.</summary>
    public const int RemoveFromPhysmap = 15;

    /// <summary>For translated domains.</summary>
    public const int AddToPhysmapBatch = 23;

    /// <summary>For privileged domains.</summary>
    public const int ClaimPages = 24;

    /// <summary>As <see cref="MachPhysMfnList"/>, of the 32-bit table.</summary>
    public const int MachPhysCompatMfnList = 25;

    /// <summary>Virtual NUMA topology.</summary>
    public const int GetVnumaInfo = 26;

    /// <summary>Map another domain's resources.</summary>
    public const int AcquireResource = 28;
}
