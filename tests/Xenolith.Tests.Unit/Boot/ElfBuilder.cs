using System.Buffers.Binary;
using System.Text;
using Xenolith.Abi.Boot;

namespace Xenolith.Tests.Unit.Boot;

/// <summary>Makes small ELF64 kernels with Xen notes for tests.</summary>
internal sealed class ElfBuilder
{
    private readonly List<(ulong Physical, ulong MemorySize, byte[] Bytes)> _segments = [];
    private readonly MemoryStream _notes = new();

    public ushort Machine { get; set; } = 62;

    public ulong Entry { get; set; }

    public ElfBuilder Load(ulong physical, byte[] bytes, ulong memorySize = 0)
    {
        _segments.Add((physical, Math.Max(memorySize, (ulong)bytes.Length), bytes));
        return this;
    }

    public ElfBuilder Note(ElfNote type, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Note(type, bytes);
    }

    public ElfBuilder Note(ElfNote type, string text) => Note(type, Encoding.ASCII.GetBytes(text + "\0"));

    public ElfBuilder Note(ElfNote type, byte[] content)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)type);
        "Xen\0"u8.CopyTo(header[12..]);
        _notes.Write(header);
        _notes.Write(content);
        _notes.Write(new byte[-content.Length & 3]);
        return this;
    }

    /// <summary>The notes that a 64-bit Linux has.</summary>
    public ElfBuilder LinuxNotes(ulong entry) => Note(ElfNote.GuestOs, "linux").Note(ElfNote.XenVersion, "xen-3.0").Note(ElfNote.Loader, "generic")
        .Note(ElfNote.VirtBase, 0xffffffff80000000).Note(ElfNote.PaddrOffset, 0).Note(ElfNote.Entry, entry)
        .Note(ElfNote.InitP2M, 0x8000000000).Note(ElfNote.ModStartPfn, 1).Note(ElfNote.Features, "!writable_page_tables|pae_pgdir_above_4gb");

    public byte[] Build()
    {
        var notes = _notes.ToArray();
        var count = _segments.Count + (notes.Length > 0 ? 1 : 0);
        var offset = 64 + (56 * count);
        var file = new byte[offset + notes.Length + _segments.Sum(s => s.Bytes.Length)];
        "\u007fELF"u8.CopyTo(file);
        file[4] = 2;
        file[5] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), Machine);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), Entry);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), (ushort)count);
        var header = 64;
        foreach (var (physical, memory, bytes) in _segments)
        {
            Header(file.AsSpan(header), 1, offset, physical, bytes.Length, memory);
            bytes.CopyTo(file, offset);
            offset += bytes.Length;
            header += 56;
        }

        if (notes.Length > 0)
        {
            Header(file.AsSpan(header), 4, offset, 0, notes.Length, 0);
            notes.CopyTo(file, offset);
        }

        return file;
    }

    private static void Header(Span<byte> header, uint type, int offset, ulong physical, int fileSize, ulong memory)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 7);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], physical);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], physical);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], memory);
    }
}
