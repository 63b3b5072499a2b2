using System.Runtime.InteropServices;

namespace Xenolith.Host.Files;

/// <summary>
/// Scattered reads and writes at a position, straight from and to memory that is not .NET's (a guest's pages). Errors come back as
/// numbers, since they are data to a disk backend: nothing is thrown.
/// </summary>
public static unsafe partial class PositionedIo
{
    private const int MaxRuns = 1024, NoWait = 8;

    /// <summary>Reads exactly the runs' total, zero-filling behind the end of the file. Returns 0 or an errno.</summary>
    /// <param name="descriptor">An open file or block device.</param>
    /// <param name="runs">Where to; consumed from the front, so the caller's copy changes.</param>
    /// <param name="position">Byte offset in the file.</param>
    /// <param name="wait">False: return EAGAIN, with nothing promised about the runs' memory, rather than wait for a disk.</param>
    public static int Read(SafeHandle descriptor, Span<MemoryRun> runs, long position, bool wait = true) => Transfer(descriptor, runs, position, wait, write: false);

    /// <summary>Writes exactly the runs' total. Returns 0 or an errno. See <see cref="Read"/>.</summary>
    public static int Write(SafeHandle descriptor, Span<MemoryRun> runs, long position, bool wait = true) => Transfer(descriptor, runs, position, wait, write: true);

    /// <summary>fdatasync(2). Returns 0 or an errno.</summary>
    public static int Sync(SafeHandle descriptor) => DataSync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Gives a range of a file back to its file system; it reads as zeros. Returns 0 or an errno (EOPNOTSUPP: this file cannot).</summary>
    public static int PunchHole(SafeHandle descriptor, long position, long length)
    {
        const int keepSize = 1, punchHole = 2;
        return Allocate(descriptor, keepSize | punchHole, position, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Size of a block device in bytes and its logical sector size; null if the descriptor is no block device.</summary>
    public static (long Bytes, int SectorSize)? BlockDeviceSize(SafeHandle descriptor)
    {
        const nuint getSize64 = 0x80081272, getSectorSize = 0x1268;
        long bytes = 0;
        // SAFETY: BLKGETSIZE64 writes a 64-bit and BLKSSZGET a 32-bit number.
        if (Control(descriptor, getSize64, &bytes) != 0)
        {
            return null;
        }

        var sector = 512;
        return Control(descriptor, getSectorSize, &sector) == 0 ? (bytes, sector) : (bytes, 512);
    }

    private static int Transfer(SafeHandle descriptor, Span<MemoryRun> runs, long position, bool wait, bool write)
    {
        while (!runs.IsEmpty)
        {
            var count = Math.Min(runs.Length, MaxRuns);
            nint done;
            // SAFETY: the runs stay pinned during the call; their addresses are the caller's promise.
            fixed (MemoryRun* first = runs)
            {
                done = write ? WriteVector(descriptor, first, count, position, wait ? 0 : NoWait) : ReadVector(descriptor, first, count, position, wait ? 0 : NoWait);
            }

            if (done < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Errno.EINTR)
                {
                    continue;
                }

                return error;
            }

            if (done == 0)
            {
                if (write)
                {
                    return Errno.ENOSPC;
                }

                // Behind the end of the file: a disk whose image shrank, or a last partial sector.
                foreach (var run in runs)
                {
                    new Span<byte>((void*)run.Address, (int)run.Length).Clear();
                }

                return 0;
            }

            position += done;
            runs = Advance(runs, done);
        }

        return 0;
    }

    private static Span<MemoryRun> Advance(Span<MemoryRun> runs, nint done)
    {
        while (!runs.IsEmpty && done >= runs[0].Length)
        {
            done -= runs[0].Length;
            runs = runs[1..];
        }

        if (done > 0)
        {
            runs[0] = new MemoryRun(runs[0].Address + done, runs[0].Length - done);
        }

        return runs;
    }

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint ReadVector(SafeHandle descriptor, MemoryRun* runs, int count, long position, int flags);

    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    private static partial nint WriteVector(SafeHandle descriptor, MemoryRun* runs, int count, long position, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeHandle descriptor);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeHandle descriptor, int mode, long position, long length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeHandle descriptor, nuint request, void* argument);
}
