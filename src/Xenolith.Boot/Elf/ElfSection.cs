namespace Xenolith.Boot.Elf;

/// <summary>A section header.</summary>
/// <param name="NameOffset">sh_name.</param>
/// <param name="Type">sh_type.</param>
/// <param name="Offset">Where its bytes stand in the file.</param>
/// <param name="Size">How many.</param>
/// <param name="Link">sh_link.</param>
/// <param name="Raw">The header as it stands in the file, for those who pass it on.</param>
internal readonly record struct ElfSection(uint NameOffset, uint Type, ulong Offset, ulong Size, uint Link, byte[] Raw)
{
    /// <summary>SHT_SYMTAB.</summary>
    public const uint SymbolTable = 2;

    /// <summary>SHT_STRTAB.</summary>
    public const uint StringTable = 3;

    /// <summary>SHT_NOTE.</summary>
    public const uint Note = 7;

    /// <summary>SHT_NOBITS.</summary>
    public const uint NoBits = 8;

    /// <summary>The section's name, if the file has names.</summary>
    public string Name { get; init; } = string.Empty;
}
