using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Ext;

/// <summary>Blocks of metadata by number, a bounded number of them kept. One thread.</summary>
internal sealed class ExtBlocks(BlockSource disk, ExtSuperblock super, ReadBudget budget)
{
    private const int MaxKept = 512;

    private readonly Dictionary<long, byte[]> _kept = [];

    /// <summary>Bytes in a block.</summary>
    public int BlockSize => super.BlockSize;

    /// <summary>The disk below.</summary>
    public BlockSource Disk => disk;

    /// <summary>Limits the work.</summary>
    public ReadBudget Budget => budget;

    /// <summary>The block of a number. Not to be written to.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="what">What it is read as, for the error.</param>
    /// <exception cref="ImageException">It lies outside the file system.</exception>
    public byte[] Read(long number, string what)
    {
        budget.Spend();
        if (_kept.TryGetValue(number, out var kept))
        {
            return kept;
        }

        CheckInside(number, 1, what);
        var bytes = new byte[super.BlockSize];
        disk.Read(number << super.BlockShift, bytes);
        if (_kept.Count == MaxKept)
        {
            _kept.Clear();
        }

        _kept.Add(number, bytes);
        return bytes;
    }

    /// <summary>Refuses blocks outside the file system.</summary>
    public void CheckInside(long number, long count, string what)
    {
        if (number <= 0 || count <= 0 || number > super.Blocks - count)
        {
            throw new ImageException($"{what} lies in block {number}, outside the file system, which has {super.Blocks}");
        }
    }
}
