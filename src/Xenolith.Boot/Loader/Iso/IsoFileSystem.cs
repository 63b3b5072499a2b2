using System.Buffers.Binary;
using System.Text;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Iso;

/// <summary>A reader of ISO 9660, with the names of Rock Ridge, else of Joliet, else its own. It trusts nothing: every walk spends from a budget.</summary>
internal sealed class IsoFileSystem : GuestTree<IsoNode>
{
    private const int SectorShift = 11, SectorSize = 1 << SectorShift, FirstDescriptor = 16, MaxDescriptors = 32;
    private const int RootRecord = 156, LabelAt = 40, LabelSize = 32, CreatedAt = 813, ModifiedAt = 830, DateSize = 16, EscapesAt = 88;
    private const int RecordSize = 33, DirectoryFlag = 2, MoreFlag = 0x80;
    private const long MaxDirectory = 64 << 20;

    private readonly BlockSource _disk;
    private readonly ReadBudget _budget;
    private readonly IsoNode _root;
    private readonly IsoNames _names;
    private readonly int _skip;

    private IsoFileSystem(BlockSource disk, byte[] primary, byte[]? joliet, ReadBudget budget)
        : base(budget)
    {
        _disk = disk;
        _budget = budget;
        _root = Node(primary.AsSpan(RootRecord));
        Label = Encoding.UTF8.GetString(primary.AsSpan(LabelAt, LabelSize)).TrimEnd(' ', '\0');
        Uuid = Date(primary.AsSpan(ModifiedAt, DateSize)) ?? Date(primary.AsSpan(CreatedAt, DateSize)) ?? string.Empty;
        if (FirstArea() is { } area && RockRidge.Skip(area) is { } skip)
        {
            (_names, _skip) = (IsoNames.RockRidge, skip);
        }
        else if (joliet is not null)
        {
            (_names, _root) = (IsoNames.Joliet, Node(joliet.AsSpan(RootRecord)));
        }
    }

    /// <summary>The time of its last change, as GRUB gives it for a UUID: <c>2026-11-23-01-02-03-00</c>.</summary>
    public override string Uuid { get; }

    /// <inheritdoc/>
    public override string Label { get; }

    /// <summary>Opens a file system; null if there is none of this kind.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static IsoFileSystem? TryOpen(BlockSource disk, ReadBudget budget)
    {
        byte[]? primary = null, joliet = null;
        for (var i = 0; i < MaxDescriptors && disk.Length >= (FirstDescriptor + i + 1L) << SectorShift; i++)
        {
            budget.Spend();
            var bytes = new byte[SectorSize];
            disk.Read((FirstDescriptor + (long)i) << SectorShift, bytes);
            if (!bytes.AsSpan(1).StartsWith("CD001"u8) || bytes[0] == 255)
            {
                break;
            }

            primary = bytes[0] == 1 ? primary ?? bytes : primary;
            joliet = bytes[0] == 2 && bytes[EscapesAt] == '%' && bytes[EscapesAt + 1] == '/' ? bytes : joliet;
        }

        return primary is null ? null : new(disk, primary, joliet, budget);
    }

    /// <inheritdoc/>
    protected override IsoNode Root() => _root;

    /// <inheritdoc/>
    protected override IsoNode? Find(IsoNode directory, string name) =>
        Entries(directory).FirstOrDefault(e => string.Equals(e.Name, name, _names == IsoNames.Plain ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));

    /// <inheritdoc/>
    protected override IEnumerable<string> Names(IsoNode directory) => Entries(directory).Select(e => e.Name);

    /// <inheritdoc/>
    protected override string Target(IsoNode link) => link.LinkTarget!;

    /// <inheritdoc/>
    protected override FileContent Content(IsoNode file, long limit)
    {
        CheckSize(file.Size, limit);
        return new RunContent(_disk, [new(0, (file.Size + SectorSize - 1) >> SectorShift, file.Sector)], SectorShift, file.Size);
    }

    private IEnumerable<IsoNode> Entries(IsoNode directory)
    {
        IsoNode? unfinished = null;
        foreach (var record in Records(directory))
        {
            var node = Node(record.Span);
            if (node.Name is "." or "..")
            {
                continue;
            }

            // The pieces of a large file follow each other, here and on the disk.
            unfinished = unfinished is null ? node : unfinished with { Size = unfinished.Size + node.Size };
            if ((record.Span[25] & MoreFlag) == 0)
            {
                yield return unfinished;
                unfinished = null;
            }
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Records(IsoNode directory)
    {
        var content = Content(directory, MaxDirectory);
        var sector = new byte[SectorSize];
        for (long at = 0; at < content.Length; at += SectorSize)
        {
            content.Read(at, sector.AsSpan(0, (int)Math.Min(SectorSize, content.Length - at)));
            for (var inside = 0; inside + RecordSize < SectorSize && sector[inside] != 0;)
            {
                _budget.Spend();
                int length = sector[inside];
                if (length <= RecordSize || length > SectorSize - inside || RecordSize + sector[inside + 32] > length)
                {
                    throw new ImageException($"a directory of its ISO 9660 file system, in sector {directory.Sector}, is damaged");
                }

                yield return sector.AsMemory(inside, length);
                inside += length;
            }
        }
    }

    private IsoNode Node(ReadOnlySpan<byte> record)
    {
        var name = record.Slice(RecordSize, Math.Min((int)record[32], record.Length - RecordSize));
        var fields = _names == IsoNames.RockRidge ? RockRidge.Read(_disk, Area(record, _skip), _budget) : null;
        return new(
            name is [0] ? "." : name is [1] ? ".." : fields?.Name ?? Text(name),
            BinaryPrimitives.ReadUInt32LittleEndian(record[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[10..]),
            (record[25] & DirectoryFlag) != 0,
            fields?.Target);
    }

    private string Text(ReadOnlySpan<byte> name)
    {
        var text = _names == IsoNames.Joliet ? Encoding.BigEndianUnicode.GetString(name) : Encoding.ASCII.GetString(name);
        var version = text.LastIndexOf(';');
        return (version > 0 ? text[..version] : text).TrimEnd('.');
    }

    // Behind the name and what makes its end even.
    private static ReadOnlySpan<byte> Area(ReadOnlySpan<byte> record, int skip)
    {
        var at = RecordSize + record[32] + (record[32] % 2 == 0 ? 1 : 0) + skip;
        return at < record.Length ? record[at..] : [];
    }

    private byte[]? FirstArea()
    {
        foreach (var record in Records(_root))
        {
            return Area(record.Span, 0).ToArray();
        }

        return null;
    }

    private static string? Date(ReadOnlySpan<byte> digits)
    {
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !digits.ContainsAnyExcept((byte)'0'))
        {
            return null;
        }

        var text = Encoding.ASCII.GetString(digits);
        return $"{text[..4]}-{text[4..6]}-{text[6..8]}-{text[8..10]}-{text[10..12]}-{text[12..14]}-{text[14..16]}";
    }
}
