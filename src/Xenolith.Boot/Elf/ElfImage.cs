using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Boot.Elf;

/// <summary>
/// Headers of an ELF file from an untrusted source, 32-bit or 64-bit, little endian. Everything is checked against the file's length
/// when it is read, so later slices cannot leave the file. The file's bytes are passed in again where they are wanted: they live outside the heap.
/// </summary>
internal sealed class ElfImage
{
    private const int MaximumHeaders = 4096;

    private ElfImage(bool is64, int machine, ulong entry, IReadOnlyList<ElfSegment> segments, IReadOnlyList<ElfSection> sections)
    {
        Is64 = is64;
        Machine = machine;
        Entry = entry;
        Segments = segments;
        Sections = sections;
    }

    /// <summary>e_machine of x86-64.</summary>
    public const int MachineX64 = 62;

    /// <summary>e_machine of 32-bit x86.</summary>
    public const int MachineX86 = 3;

    /// <summary>ELF64.</summary>
    public bool Is64 { get; }

    /// <summary>e_machine.</summary>
    public int Machine { get; }

    /// <summary>e_entry.</summary>
    public ulong Entry { get; }

    /// <summary>Program headers.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>Section headers; empty if the file has none, or none that lie in the file.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>True if the bytes begin like an ELF file.</summary>
    public static bool Recognises(ReadOnlySpan<byte> file) => file.Length >= 16 && file.StartsWith("\u007fELF"u8);

    /// <summary>Reads the headers.</summary>
    /// <exception cref="BootException">Headers that contradict themselves or the file's length.</exception>
    public static ElfImage Read(ReadOnlySpan<byte> file, string thing)
    {
        const string Reinstall = "Copy the file again, or reinstall the kernel package";
        var is64 = file[4] == 2;
        if ((file[4] is not (1 or 2)) || file[5] != 1)
        {
            throw new BootException(thing, "is an ELF file for another byte order or class", "Name a kernel for x86");
        }

        if (file.Length < (is64 ? 64 : 52))
        {
            throw new BootException(thing, "is truncated inside its ELF header", Reinstall);
        }

        var fields = new ElfFields(is64);
        var segments = new List<ElfSegment>();
        if (!ForEachHeader(file, fields.ProgramHeaders(file), h => segments.Add(fields.Segment(h))))
        {
            throw new BootException(thing, "is truncated: its program headers lie outside the file", Reinstall);
        }

        foreach (var segment in segments)
        {
            if (segment.FileSize > 0 && !Inside(file, segment.Offset, segment.FileSize))
            {
                throw new BootException(
                    thing,
                    $"is truncated: a segment ends at byte {segment.Offset + segment.FileSize}, the file has {file.Length}",
                    Reinstall);
            }
        }

        var raw = new List<ElfSection>();
        if (!ForEachHeader(file, fields.SectionHeaders(file), h => raw.Add(fields.Section(h))))
        {
            raw.Clear();
        }

        return new ElfImage(is64, fields.Machine(file), fields.Entry(file), segments, Named(file, raw, fields.SectionNames(file)));
    }

    /// <summary>Bytes of a segment as they stand in the file.</summary>
    public static ReadOnlySpan<byte> BytesOf(ReadOnlySpan<byte> file, ElfSegment segment) =>
        segment.FileSize == 0 ? default : file.Slice((int)segment.Offset, (int)segment.FileSize);

    /// <summary>Bytes of a section; empty if it has none in the file.</summary>
    public static ReadOnlySpan<byte> BytesOf(ReadOnlySpan<byte> file, ElfSection section) =>
        section.Type == ElfSection.NoBits || !Inside(file, section.Offset, section.Size)
            ? default
            : file.Slice((int)section.Offset, (int)section.Size);

    private static bool Inside(ReadOnlySpan<byte> file, ulong offset, ulong length) =>
        offset <= (ulong)file.Length && length <= (ulong)file.Length - offset;

    private static bool ForEachHeader(ReadOnlySpan<byte> file, HeaderTable table, HeaderAction action)
    {
        if (table.Count == 0)
        {
            return true;
        }

        if (table.Count > MaximumHeaders
            || table.EntrySize < table.NeededSize
            || !Inside(file, table.Offset, (ulong)table.Count * (ulong)table.EntrySize))
        {
            return false;
        }

        for (var i = 0; i < table.Count; i++)
        {
            action(file.Slice((int)table.Offset + (i * table.EntrySize), table.NeededSize));
        }

        return true;
    }

    private static ElfSection[] Named(ReadOnlySpan<byte> file, List<ElfSection> sections, int namesIndex)
    {
        var result = sections.ToArray();
        if (namesIndex <= 0 || namesIndex >= result.Length)
        {
            return result;
        }

        var names = BytesOf(file, result[namesIndex]);
        for (var i = 0; i < result.Length; i++)
        {
            if (result[i].NameOffset < (uint)names.Length)
            {
                var tail = names[(int)result[i].NameOffset..];
                var end = tail.IndexOf((byte)0);
                result[i] = result[i] with { Name = end is < 0 or > 64 ? string.Empty : Encoding.ASCII.GetString(tail[..end]) };
            }
        }

        return result;
    }

    private delegate void HeaderAction(ReadOnlySpan<byte> header);
}
