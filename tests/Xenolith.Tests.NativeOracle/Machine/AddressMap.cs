namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>One range of linear addresses that exists on both sides.</summary>
internal readonly record struct Region(ulong Address, int Size, bool Writable, bool Executable);

/// <summary>
/// The linear address space of a run: the same on the real CPU (a mapping at that very address) and in the guest (page tables). Low addresses, so
/// that 32-bit displacements and address-size prefixes reach all of it.
/// </summary>
internal static class AddressMap
{
    public const int Page = 4096;
    public const ulong Code = 0x5000_0000, Data = 0x5001_0000, ReadOnlyData = 0x5002_1000, BeforeReadOnly = 0x5002_0000, NoExecute = 0x5003_0000;
    public const int CodeSize = 2 * Page, DataSize = 4 * Page;

    /// <summary>Pages that share their entries of the soft TLB with the second and the third page of <see cref="Data"/>; the second one is read-only, and behind it is a hole.</summary>
    public const ulong FarData = Data + Page + 0x100_0000, FarReadOnly = FarData + Page;

    /// <summary>The page behind <see cref="Data"/> is not mapped.</summary>
    public const ulong Hole = Data + DataSize;

    public static IReadOnlyList<Region> Regions { get; } =
    [
        new(Code, CodeSize, Writable: true, Executable: true),
        new(Data, DataSize, Writable: true, Executable: false),
        new(BeforeReadOnly, Page, Writable: true, Executable: false),
        new(ReadOnlyData, Page, Writable: false, Executable: false),
        new(NoExecute, Page, Writable: true, Executable: false),
        new(FarData, Page, Writable: true, Executable: false),
        new(FarReadOnly, Page, Writable: false, Executable: false),
    ];

    public static int TotalSize => Regions.Sum(r => r.Size);
}
