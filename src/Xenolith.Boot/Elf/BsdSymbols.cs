using System.Buffers.Binary;

namespace Xenolith.Boot.Elf;

/// <summary>
/// The symbol table as BSD kernels want it behind themselves (BSD_SYMTAB): a length word, a small ELF file's header with three section
/// headers (none, symbols, names), then both tables, each part aligned to the machine word.
/// </summary>
internal sealed class BsdSymbols
{
    private const int LengthWord = 4, ElfHeader = 64, SectionHeader = 64, Sections = 3;
    private const int TablesAt = (LengthWord + ElfHeader + (Sections * SectionHeader) + 7) & ~7;

    private readonly ElfSection _symbols;
    private readonly ElfSection _names;

    private BsdSymbols(ElfSection symbols, ElfSection names, ulong start)
    {
        _symbols = symbols;
        _names = names;
        Start = start;
        End = start + NamesAt + Align(names.Size);
    }

    /// <summary>Physical address (as in the ELF file) of the length word.</summary>
    public ulong Start { get; }

    /// <summary>Behind the last byte.</summary>
    public ulong End { get; }

    private ulong NamesAt => TablesAt + Align(_symbols.Size);

    /// <summary>The tables of a 64-bit file, or null if it was stripped.</summary>
    /// <param name="elf">Headers.</param>
    /// <param name="file">The file.</param>
    /// <param name="kernelEnd">Physical address behind the kernel.</param>
    public static BsdSymbols? Find(ElfImage elf, ReadOnlySpan<byte> file, ulong kernelEnd)
    {
        foreach (var section in elf.Sections)
        {
            if (elf.Is64
                && section.Type == ElfSection.SymbolTable
                && section.Link < (uint)elf.Sections.Count
                && elf.Sections[(int)section.Link] is { Type: ElfSection.StringTable } names
                && !ElfImage.BytesOf(file, section).IsEmpty
                && !ElfImage.BytesOf(file, names).IsEmpty)
            {
                return new BsdSymbols(section, names, Align(kernelEnd));
            }
        }

        return null;
    }

    /// <summary>The length word and the headers, to be written at <see cref="Start"/>.</summary>
    public byte[] Headers(ReadOnlySpan<byte> file)
    {
        var result = new byte[TablesAt];
        BinaryPrimitives.WriteUInt32LittleEndian(result, (uint)(NamesAt + _names.Size - LengthWord));

        var header = result.AsSpan(LengthWord);
        file[..ElfHeader].CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], ElfHeader);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], ElfHeader);
        BinaryPrimitives.WriteUInt32LittleEndian(header[54..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header[58..], SectionHeader);
        BinaryPrimitives.WriteUInt16LittleEndian(header[60..], Sections);
        BinaryPrimitives.WriteUInt16LittleEndian(header[62..], 0);

        var symbols = header[(ElfHeader + SectionHeader)..];
        _symbols.Raw.CopyTo(symbols);
        BinaryPrimitives.WriteUInt64LittleEndian(symbols[24..], TablesAt - LengthWord);
        BinaryPrimitives.WriteUInt32LittleEndian(symbols[40..], 2);

        var names = symbols[SectionHeader..];
        _names.Raw.CopyTo(names);
        BinaryPrimitives.WriteUInt64LittleEndian(names[24..], NamesAt - LengthWord);
        return result;
    }

    /// <summary>The symbol table and its physical address.</summary>
    public ReadOnlySpan<byte> Symbols(ReadOnlySpan<byte> file, out ulong address)
    {
        address = Start + TablesAt;
        return ElfImage.BytesOf(file, _symbols);
    }

    /// <summary>The name table and its physical address.</summary>
    public ReadOnlySpan<byte> Names(ReadOnlySpan<byte> file, out ulong address)
    {
        address = Start + NamesAt;
        return ElfImage.BytesOf(file, _names);
    }

    private static ulong Align(ulong value) => (value + 7) & ~7UL;
}
