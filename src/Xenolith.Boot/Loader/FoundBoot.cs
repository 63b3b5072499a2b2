namespace Xenolith.Boot.Loader;

/// <summary>What a disk wants to be booted with.</summary>
/// <param name="Title">The menu's entry; empty if no menu was asked.</param>
/// <param name="KernelPath">The kernel's path on the disk.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="RamdiskPath">The ramdisk's path, several with blanks between; empty if there is none.</param>
/// <param name="Ramdisks">The ramdisks, to be put one behind the other.</param>
/// <param name="Arguments">The kernel's command line.</param>
public sealed record FoundBoot(
    string Title, string KernelPath, FileContent Kernel, string RamdiskPath, IReadOnlyList<FileContent> Ramdisks, string Arguments)
{
    // What the kernel wants between the archives of several ramdisks.
    private const int RamdiskAlignment = 4;

    /// <summary>Bytes of all ramdisks with what is put between them.</summary>
    public long RamdiskLength => Ramdisks.Take(Math.Max(0, Ramdisks.Count - 1)).Sum(r => RoundUp(r.Length)) + (Ramdisks.Count > 0 ? Ramdisks[^1].Length : 0);

    /// <summary>Writes the kernel.</summary>
    public void WriteKernel(Action<long, ReadOnlySpan<byte>> write) => Write(Kernel, 0, write);

    /// <summary>Writes the ramdisks one behind the other.</summary>
    public void WriteRamdisk(Action<long, ReadOnlySpan<byte>> write)
    {
        long at = 0;
        foreach (var ramdisk in Ramdisks)
        {
            Write(ramdisk, at, write);
            at = RoundUp(at + ramdisk.Length);
        }
    }

    private static void Write(FileContent content, long at, Action<long, ReadOnlySpan<byte>> write)
    {
        // Large pieces: a file lies in long runs, and each piece is one read for each run.
        var buffer = new byte[Math.Min(content.Length, 2 << 20)];
        for (long done = 0; done < content.Length;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, content.Length - done));
            content.Read(done, piece);
            write(at + done, piece);
            done += piece.Length;
        }
    }

    private static long RoundUp(long bytes) => (bytes + RamdiskAlignment - 1) & ~(RamdiskAlignment - 1L);
}
