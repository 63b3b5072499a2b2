using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host.Files;

namespace Xenolith.Tests.Unit.Host;

/// <summary>A file's hot parts are read from a mapping: the same bytes as a read call's, and a file that cannot be read is an answer, not a signal.</summary>
public sealed class MappedReadsTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly string _path = Path.GetTempFileName();
    private readonly SafeFileHandle _file;
    private readonly nint _memory = Marshal.AllocHGlobal(2 * MiB);

    public MappedReadsTests()
    {
        _file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var content = new byte[4 * MiB];
        new Random(5).NextBytes(content);
        RandomAccess.Write(_file, content, 0);
    }

    public void Dispose()
    {
        Marshal.FreeHGlobal(_memory);
        _file.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void What_was_read_twice_is_read_from_the_mapping_and_is_the_file_s_content()
    {
        using var reads = Hot(0, 2 * MiB);
        Assert.Equal(Expected(3 * 512, MiB), Read(reads, 3 * 512, MiB));
        RandomAccess.Write(_file, new byte[] { 1, 2, 3, 4, 5 }, 4094);
        Assert.Equal(Expected(0, 2 * MiB), Read(reads, 0, 2 * MiB));
    }

    [Fact]
    public void What_was_read_once_is_not_mapped()
    {
        using var reads = new MappedReads(_file, 4 * MiB);
        reads.Note(0, 2 * MiB);
        Assert.Null(Read(reads, 0, MiB));
        reads.Note(0, MiB);
        Assert.NotNull(Read(reads, 0, MiB));
        Assert.Null(Read(reads, MiB / 2, MiB));
    }

    [Fact]
    public void Small_reads_are_left_to_calls()
    {
        using var reads = Hot(0, MiB);
        Assert.NotNull(Read(reads, 0, MappedReads.Least));
        Assert.Null(Read(reads, 0, MappedReads.Least - 512));
    }

    [Fact]
    public void A_last_part_that_is_not_whole_is_not_mapped()
    {
        using var reads = new MappedReads(_file, (3 * MiB) + (MiB / 2));
        Heat(reads, 3 * MiB, MiB);
        Heat(reads, 3 * MiB, MiB);
        Assert.Null(Read(reads, 3 * MiB, MiB / 2));
    }

    [Fact]
    public void A_part_that_is_not_in_memory_is_not_waited_for_and_has_to_become_hot_again()
    {
        using var reads = Hot(0, MiB);
        Assert.Equal(0, PositionedIo.PunchHole(_file, 0, 4 * MiB));
        Assert.Null(Read(reads, 0, MiB));
        _ = Expected(0, MiB);
        Assert.Null(Read(reads, 0, MiB));
        Heat(reads, 0, MiB);
        Assert.Equal(Expected(0, MiB), Read(reads, 0, MiB));
    }

    [Fact]
    public void Truncating_the_file_during_reads_is_an_answer_and_no_signal()
    {
        using var reads = Hot(0, 4 * MiB);
        var refused = 0;
        var reader = new Thread(() =>
        {
            while (Read(reads, MiB, 2 * MiB) is not null)
            {
            }

            refused++;
        });
        reader.Start();
        RandomAccess.SetLength(_file, MiB + 5);
        reader.Join();
        Assert.Equal(1, refused);
    }

    [Fact]
    public void A_page_behind_the_file_s_end_ends_the_copy_where_nobody_looked_before()
    {
        using var reads = Hot(0, MiB);
        RandomAccess.SetLength(_file, 5000);
        Assert.False(TryCopy(reads));
        RandomAccess.SetLength(_file, MiB);
        Assert.True(TryCopy(reads));

        bool TryCopy(MappedReads mapped) => mapped.TryCopy([new MemoryRun(_memory, 4096), new MemoryRun(_memory + 8192, 8192)], 0);
    }

    [Fact]
    public void Parts_that_share_a_place_push_each_other_out()
    {
        const long far = (long)MappedReads.Places * MiB;
        RandomAccess.Write(_file, new byte[MiB], far);
        using var reads = new MappedReads(_file, far + MiB);
        Heat(reads, 0, MiB);
        Assert.NotNull(Read(reads, 0, MiB));
        Heat(reads, far, MiB);
        Assert.Equal(new byte[MiB], Read(reads, far, MiB));
        Assert.Null(Read(reads, 0, MiB));
    }

    private MappedReads Hot(long position, long bytes)
    {
        var reads = new MappedReads(_file, 4 * MiB);
        Heat(reads, position, bytes);
        return reads;
    }

    private static void Heat(MappedReads reads, long position, long bytes)
    {
        for (var i = 0; i < 2; i++)
        {
            reads.Note(position, bytes);
        }
    }

    private byte[] Expected(long position, int bytes)
    {
        var content = new byte[bytes];
        Assert.Equal(bytes, RandomAccess.Read(_file, content, position));
        return content;
    }

    /// <summary>Reads into three runs with gaps between them.</summary>
    private byte[]? Read(MappedReads reads, long position, int bytes)
    {
        var content = new byte[bytes];
        int first = Math.Min(512, bytes / 2), rest = bytes - first;
        if (!reads.TryRead([new MemoryRun(_memory + rest, first), new MemoryRun(_memory, rest)], position, bytes))
        {
            return null;
        }

        Marshal.Copy(_memory + rest, content, 0, first);
        Marshal.Copy(_memory, content, first, rest);
        return content;
    }
}
