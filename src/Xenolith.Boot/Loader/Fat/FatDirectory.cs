using System.Buffers.Binary;
using System.Text;

namespace Xenolith.Boot.Loader.Fat;

/// <summary>The entries of a directory: 32 bytes each, long names in entries before their file's.</summary>
internal static class FatDirectory
{
    private const int EntrySize = 32, AttributesAt = 11, CaseAt = 12, PieceCharacters = 13, MaxPieces = 20;
    private const byte LongName = 0x0F, VolumeLabel = 0x08, Subdirectory = 0x10, Deleted = 0xE5, LastPiece = 0x40;
    private const byte SmallBase = 0x08, SmallExtension = 0x10;

    private static readonly int[] Characters = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

    /// <summary>Reads them.</summary>
    /// <param name="content">The directory's bytes.</param>
    /// <param name="budget">Limits the work.</param>
    public static IEnumerable<FatNode> Read(FileContent content, ReadBudget budget)
    {
        var entry = new byte[EntrySize];
        string? name = null;
        var expected = 0;
        for (long at = 0; at + EntrySize <= content.Length; at += EntrySize)
        {
            budget.Spend();
            content.Read(at, entry);
            if (entry[0] == 0)
            {
                yield break;
            }

            if (entry[0] == Deleted)
            {
                name = null;
                continue;
            }

            if ((entry[AttributesAt] & LongName) == LongName)
            {
                // The last piece comes first.
                var number = entry[0] & ~LastPiece;
                var begins = (entry[0] & LastPiece) != 0 && number is > 0 and <= MaxPieces;
                name = begins ? Piece(entry) : name is not null && number == expected ? Piece(entry) + name : null;
                expected = number - 1;
                continue;
            }

            if ((entry[AttributesAt] & VolumeLabel) == 0 && entry[0] != '.')
            {
                var shortName = ShortName(entry);
                yield return new(
                    name is not null && expected == 0 ? name : shortName,
                    shortName,
                    BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(26)) | ((uint)BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(20)) << 16),
                    BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(28)),
                    (entry[AttributesAt] & Subdirectory) != 0);
            }

            name = null;
        }
    }

    private static string Piece(ReadOnlySpan<byte> entry)
    {
        var text = new StringBuilder(PieceCharacters);
        foreach (var at in Characters)
        {
            var character = (char)BinaryPrimitives.ReadUInt16LittleEndian(entry[at..]);
            if (character is '\0' or '\uFFFF')
            {
                break;
            }

            text.Append(character);
        }

        return text.ToString();
    }

    private static string ShortName(ReadOnlySpan<byte> entry)
    {
        var name = Encoding.Latin1.GetString(entry[..8]).TrimEnd(' ');
        var extension = Encoding.Latin1.GetString(entry[8..11]).TrimEnd(' ');
        name = (entry[CaseAt] & SmallBase) != 0 ? name.ToLowerInvariant() : name;
        extension = (entry[CaseAt] & SmallExtension) != 0 ? extension.ToLowerInvariant() : extension;
        return extension.Length == 0 ? name : $"{name}.{extension}";
    }
}
