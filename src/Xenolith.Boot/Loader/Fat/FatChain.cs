using System.Buffers.Binary;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Fat;

/// <summary>Follows the chain of a file's clusters through the table.</summary>
/// <param name="disk">The disk.</param>
/// <param name="volume">Its layout.</param>
/// <param name="budget">Limits the work.</param>
internal sealed class FatChain(BlockSource disk, FatVolume volume, ReadBudget budget)
{
    private const int First = 2, PieceSize = 4096;

    private readonly byte[] _piece = new byte[PieceSize + 1];
    private long _pieceStart = -1;

    /// <summary>The runs of a file, in clusters counted from the first one of the data.</summary>
    /// <param name="cluster">Its first cluster.</param>
    /// <param name="most">How many clusters are wanted.</param>
    /// <exception cref="ImageException">The chain is damaged.</exception>
    public List<FileRun> Of(uint cluster, long most)
    {
        var runs = new List<FileRun>();
        for (long logical = 0; logical < most && cluster >= First && cluster < End; logical++)
        {
            if (cluster - First >= volume.Clusters)
            {
                throw new ImageException($"a chain of its FAT file system leads to cluster {cluster}, and there are {volume.Clusters}");
            }

            FileRuns.Add(runs, logical, 1, cluster - First);
            cluster = Next(cluster);
        }

        return runs;
    }

    // From here on, numbers mean bad clusters and the ends of chains.
    private uint End => volume.Bits switch { 12 => 0xFF7, 16 => 0xFFF7, _ => 0x0FFFFFF7 };

    private uint Next(uint cluster)
    {
        budget.Spend();
        switch (volume.Bits)
        {
            case 12:
                var pair = BinaryPrimitives.ReadUInt16LittleEndian(At(cluster + (cluster / 2)));
                return (uint)((cluster & 1) != 0 ? pair >> 4 : pair & 0xFFF);
            case 16:
                return BinaryPrimitives.ReadUInt16LittleEndian(At(cluster * 2L));
            default:
                return BinaryPrimitives.ReadUInt32LittleEndian(At(cluster * 4L)) & 0x0FFFFFFF;
        }
    }

    // Bytes of the table from a position on, at least four, zeros behind its end.
    private ReadOnlySpan<byte> At(long position)
    {
        var start = position & ~(PieceSize / 2 - 1L);
        if (start != _pieceStart)
        {
            _piece.AsSpan().Clear();
            var length = Math.Min(PieceSize, Math.Min(volume.TableSize, disk.Length - volume.TableStart) - start);
            if (length > 0)
            {
                disk.Read(volume.TableStart + start, _piece.AsSpan(0, (int)length));
            }

            _pieceStart = start;
        }

        return _piece.AsSpan((int)(position - start));
    }
}
