namespace Xenolith.Boot.Loader;

/// <summary>A run of a file's blocks that lie behind each other on the disk.</summary>
/// <param name="Logical">The first one's number in the file.</param>
/// <param name="Count">How many.</param>
/// <param name="Physical">The first one's number on the disk.</param>
internal readonly record struct FileRun(long Logical, long Count, long Physical);
