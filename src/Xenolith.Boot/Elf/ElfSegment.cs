namespace Xenolith.Boot.Elf;

/// <summary>A program header.</summary>
/// <param name="Type">p_type.</param>
/// <param name="Offset">Where its bytes stand in the file.</param>
/// <param name="VirtualAddress">p_vaddr.</param>
/// <param name="PhysicalAddress">p_paddr: what a domain builder goes by.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory; the rest is zero.</param>
/// <param name="Flags">p_flags.</param>
internal readonly record struct ElfSegment(
    uint Type, ulong Offset, ulong VirtualAddress, ulong PhysicalAddress, ulong FileSize, ulong MemorySize, uint Flags)
{
    private const uint Load = 1, Note = 4, AnyPermission = 7;

    /// <summary>PT_NOTE with bytes: some linkers leave a note segment without an offset.</summary>
    public bool IsNote => Type == Note && Offset != 0;

    /// <summary>PT_LOAD with some permission and some size.</summary>
    public bool IsLoad => Type == Load && (Flags & AnyPermission) != 0 && MemorySize > 0;
}
