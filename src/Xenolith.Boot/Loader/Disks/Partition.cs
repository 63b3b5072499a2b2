namespace Xenolith.Boot.Loader.Disks;

/// <summary>One place of a disk where a file system may begin.</summary>
/// <param name="Number">Its number as Linux counts, from 1; 0 is the disk as a whole.</param>
/// <param name="Scheme">How GRUB names its table: <c>msdos</c> or <c>gpt</c>; empty for the disk as a whole.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Active">It is marked as the one to boot from.</param>
internal readonly record struct Partition(int Number, string Scheme, long Start, long Length, bool Active)
{
    /// <summary>Its name in GRUB's language, without the disk's: <c>msdos1</c>.</summary>
    public string GrubName => Number == 0 ? string.Empty : $"{Scheme}{Number}";

    /// <inheritdoc/>
    public override string ToString() => Number == 0 ? "the whole disk" : $"partition {Number}";
}
