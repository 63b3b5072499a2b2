using System.Buffers.Binary;
using System.Text;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Iso;

/// <summary>The system use fields of a directory record (SUSP, IEEE P1281) as far as Rock Ridge (P1282) tells names and links in them.</summary>
internal sealed class RockRidge
{
    private const int HeaderSize = 4, SectorSize = 2048, MaxAreas = 32, MaxText = 4096;
    private const int Continues = 1, Current = 2, Parent = 4, FromRoot = 8;

    private readonly StringBuilder _name = new();
    private readonly StringBuilder _target = new();
    private bool _hasTarget, _within;

    /// <summary>The name; null if there is none.</summary>
    public string? Name => _name.Length > 0 ? _name.ToString() : null;

    /// <summary>Where a link leads; null if it is none.</summary>
    public string? Target => _hasTarget ? _target.ToString() : null;

    /// <summary>How many bytes are before the fields of each record; null if the volume has none: read from the root's first record.</summary>
    public static int? Skip(ReadOnlySpan<byte> area) =>
        area.Length >= 7 && area.StartsWith("SP"u8) && area[4] == 0xBE && area[5] == 0xEF ? area[6] : null;

    /// <summary>Reads the fields of one record.</summary>
    public static RockRidge Read(BlockSource disk, ReadOnlySpan<byte> area, ReadBudget budget)
    {
        var fields = new RockRidge();
        var next = fields.Take(area, budget);
        for (var areas = 0; next is var (sector, offset, length) && length > 0 && areas < MaxAreas; areas++)
        {
            if ((long)offset + length > SectorSize)
            {
                throw new ImageException("a record of its ISO 9660 file system continues outside its sector");
            }

            var more = new byte[length];
            disk.Read((sector * (long)SectorSize) + offset, more);
            next = fields.Take(more, budget);
        }

        return fields;
    }

    private (uint Sector, uint Offset, uint Length)? Take(ReadOnlySpan<byte> area, ReadBudget budget)
    {
        (uint, uint, uint)? next = null;
        while (area.Length >= HeaderSize)
        {
            budget.Spend();
            int length = area[2];
            if (length < HeaderSize || length > area.Length)
            {
                break; // padding
            }

            var field = area[..length];
            switch (Encoding.ASCII.GetString(field[..2]))
            {
                case "CE" when length >= 28:
                    next = (U32(field, 4), U32(field, 12), U32(field, 20));
                    break;
                case "NM" when length > 5 && (field[4] & (Current | Parent)) == 0 && _name.Length < MaxText:
                    _name.Append(Encoding.UTF8.GetString(field[5..]));
                    break;
                case "SL" when length > 5:
                    _hasTarget = true;
                    Components(field[5..]);
                    break;
                case "ST":
                    return next;
            }

            area = area[length..];
        }

        return next;
    }

    private void Components(ReadOnlySpan<byte> components)
    {
        while (components.Length >= 2 && _target.Length < MaxText)
        {
            int flags = components[0], length = Math.Min((int)components[1], components.Length - 2);
            if (!_within && _target.Length > 0 && _target[^1] != '/')
            {
                _target.Append('/');
            }

            _target.Append((flags & FromRoot) != 0 ? "/" : (flags & Parent) != 0 ? ".." : (flags & Current) != 0 ? "." : Encoding.UTF8.GetString(components.Slice(2, length)));
            _within = (flags & Continues) != 0;
            components = components[(2 + length)..];
        }
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
