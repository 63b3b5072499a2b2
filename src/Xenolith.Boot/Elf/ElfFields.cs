using System.Buffers.Binary;

namespace Xenolith.Boot.Elf;

/// <summary>Where a table of headers stands in the file.</summary>
internal readonly record struct HeaderTable(ulong Offset, int Count, int EntrySize, int NeededSize);

/// <summary>Field positions of ELF32 and ELF64 headers.</summary>
internal readonly struct ElfFields(bool is64)
{
    /// <summary>e_machine.</summary>
    public int Machine(ReadOnlySpan<byte> file) => U16(file, 18);

    /// <summary>e_entry.</summary>
    public ulong Entry(ReadOnlySpan<byte> file) => Word(file, 24, 24);

    /// <summary>e_phoff, e_phnum, e_phentsize.</summary>
    public HeaderTable ProgramHeaders(ReadOnlySpan<byte> file) =>
        is64 ? new(U64(file, 32), U16(file, 56), U16(file, 54), 56) : new(U32(file, 28), U16(file, 44), U16(file, 42), 32);

    /// <summary>e_shoff, e_shnum, e_shentsize.</summary>
    public HeaderTable SectionHeaders(ReadOnlySpan<byte> file) =>
        is64 ? new(U64(file, 40), U16(file, 60), U16(file, 58), 64) : new(U32(file, 32), U16(file, 48), U16(file, 46), 40);

    /// <summary>e_shstrndx.</summary>
    public int SectionNames(ReadOnlySpan<byte> file) => U16(file, is64 ? 62 : 50);

    /// <summary>A program header.</summary>
    public ElfSegment Segment(ReadOnlySpan<byte> h) => is64
        ? new(U32(h, 0), U64(h, 8), U64(h, 16), U64(h, 24), U64(h, 32), U64(h, 40), U32(h, 4))
        : new(U32(h, 0), U32(h, 4), U32(h, 8), U32(h, 12), U32(h, 16), U32(h, 20), U32(h, 24));

    /// <summary>A section header, without its name.</summary>
    public ElfSection Section(ReadOnlySpan<byte> h) => is64
        ? new(U32(h, 0), U32(h, 4), U64(h, 24), U64(h, 32), U32(h, 40), h.ToArray())
        : new(U32(h, 0), U32(h, 4), U32(h, 16), U32(h, 20), U32(h, 24), h.ToArray());

    private ulong Word(ReadOnlySpan<byte> bytes, int at64, int at32) => is64 ? U64(bytes, at64) : U32(bytes, at32);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
