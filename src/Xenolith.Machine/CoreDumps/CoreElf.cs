using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Machine.CoreDumps;

/// <summary>The frame of a core file in Xen's format (docs/misc/dump-core-format.txt): an ELF file with sections only. Little-endian, 64 bits.</summary>
internal static class CoreElf
{
    /// <summary>Bytes of the file's header, and of the header of each section.</summary>
    public const int HeaderBytes = 64, SectionBytes = 64;

    private const int TypeCore = 4, MachineAmd64 = 62, ProgBits = 1, StringTable = 3, Note = 7;

    /// <summary>A section.</summary>
    /// <param name="Name">Its name; empty for the first, which every ELF file begins with.</param>
    /// <param name="Offset">Where its bytes begin.</param>
    /// <param name="Length">Its bytes.</param>
    /// <param name="EntryBytes">Bytes of an entry, 0 if it has none of one size.</param>
    public readonly record struct Section(string Name, long Offset, long Length, long EntryBytes);

    /// <summary>The table of names, which is the second section.</summary>
    public static byte[] Names(IReadOnlyList<Section> sections) => Encoding.ASCII.GetBytes(string.Concat(sections.Select(section => section.Name + '\0')));

    /// <summary>The file's header and the sections' headers behind it.</summary>
    public static byte[] Headers(IReadOnlyList<Section> sections)
    {
        var bytes = new byte[HeaderBytes + (sections.Count * SectionBytes)];
        byte[] identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 1];
        identity.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(16), TypeCore);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), MachineAmd64);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(52), HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(58), SectionBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(60), (ushort)sections.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(62), 1);
        var name = 0;
        for (var i = 0; i < sections.Count; i++)
        {
            var section = sections[i];
            if (section.Name.Length > 0)
            {
                Describe(bytes.AsSpan(HeaderBytes + (i * SectionBytes)), section, name);
            }

            name += section.Name.Length + 1;
        }

        return bytes;
    }

    /// <summary>A note of the name "Xen".</summary>
    public static byte[] NoteOf(uint type, ReadOnlySpan<byte> content)
    {
        var bytes = new byte[16 + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 4);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), type);
        "Xen\0"u8.CopyTo(bytes.AsSpan(12));
        content.CopyTo(bytes.AsSpan(16));
        return bytes;
    }

    private static void Describe(Span<byte> header, Section section, int name)
    {
        var type = section.Name switch
        {
            ".shstrtab" => StringTable,
            ".note.Xen" => Note,
            _ => ProgBits,
        };
        BinaryPrimitives.WriteInt32LittleEndian(header, name);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], type);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], section.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], section.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], section.EntryBytes is 0 ? 1 : 8);
        BinaryPrimitives.WriteInt64LittleEndian(header[56..], section.EntryBytes);
    }
}
