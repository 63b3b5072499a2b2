namespace Xenolith.Boot.Loader.Disks;

/// <summary>A place of a guest's disk with a file system that can be read.</summary>
/// <param name="Place">The place.</param>
/// <param name="Files">The file system.</param>
internal sealed record GuestVolume(Partition Place, GuestFileSystem Files);
