using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Tests.Unit.Host;

/// <summary>A file's rewritten parts are written into a mapping: the same bytes as a write call's, and a file that cannot be written is an answer, not a signal.</summary>
public sealed class MappedWritesTests : IDisposable
{
    private const int MiB = 1 << 20;

    /// <summary>In memory: on other file systems mappings may not be used.</summary>
    private readonly string _path = Path.Combine("/dev/shm", "xenolith-" + Path.GetRandomFileName());
    private readonly SafeFileHandle _file;
    private readonly nint _memory = Marshal.AllocHGlobal(2 * MiB);

    public MappedWritesTests()
    {
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(_file, new byte[4 * MiB], 0);
    }

    public void Dispose()
    {
        Marshal.FreeHGlobal(_memory);
        _file.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void What_was_rewritten_four_times_is_written_into_the_mapping_and_is_the_file_s_content()
    {
        using var writes = Hot();
        var content = Random(MiB);
        Assert.True(Write(writes, 3 * 512, content));
        Assert.Equal(content, Content(3 * 512, MiB));
        Assert.Equal(new byte[3 * 512], Content(0, 3 * 512));
        Assert.Equal(new byte[4096], Content(MiB + (3 * 512), 4096));
    }

    [Fact]
    public void What_was_rewritten_less_often_is_left_to_calls()
    {
        using var writes = new MappedWrites(_file, 4 * MiB);
        Heat(writes, 0, MiB, MappedWrites.Rewrites - 1);
        Assert.False(Write(writes, 0, new byte[MiB]));
        Heat(writes, 0, MiB, 1);
        Assert.True(Write(writes, 0, new byte[MiB]));
        Assert.False(Write(writes, MiB / 2, new byte[MiB]));
    }

    [Fact]
    public void Small_writes_are_left_to_calls()
    {
        using var writes = Hot();
        Assert.True(Write(writes, 0, new byte[MappedWrites.Least]));
        Assert.False(Write(writes, 0, new byte[MappedWrites.Least - 512]));
    }

    [Fact]
    public void A_flush_makes_every_part_cold()
    {
        using var writes = Hot();
        writes.Flushed();
        Assert.False(Write(writes, 0, new byte[MiB]));
        Heat(writes, 0, MiB, MappedWrites.Rewrites);
        Assert.True(Write(writes, 0, new byte[MiB]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void Pages_that_fault_are_written_and_make_everything_cold_for_some_time(int pause)
    {
        var faults = 0L;
        using var writes = new MappedWrites(_file, 4 * MiB) { Faults = () => faults += MiB / 4096 / 2, PauseMilliseconds = pause };
        Heat(writes, 0, 2 * MiB, MappedWrites.Rewrites);
        var content = Random(MiB);
        Assert.True(Write(writes, 0, content));
        Assert.Equal(content, Content(0, MiB));
        Assert.False(Write(writes, 0, content));
        Assert.False(Write(writes, MiB, content));
        Heat(writes, 0, MiB, MappedWrites.Rewrites);
        Assert.Equal(pause == 0, Write(writes, 0, content));
    }

    [Fact]
    public void What_was_written_is_in_the_file_when_the_mapping_is_gone_and_flushed()
    {
        var content = Random(MiB);
        using (var writes = Hot())
        {
            Assert.True(Write(writes, MiB, content));
        }

        Assert.Equal(0, PositionedIo.Sync(_file));
        Assert.Equal(content, Content(MiB, MiB));
    }

    [Fact]
    public void A_part_that_is_not_in_memory_is_not_waited_for()
    {
        using var writes = Hot();
        Assert.Equal(0, PositionedIo.PunchHole(_file, 0, 4 * MiB));
        Assert.False(Write(writes, MiB, new byte[MiB]));
    }

    [Fact]
    public void Truncating_the_file_during_writes_is_an_answer_and_no_signal()
    {
        using var writes = Hot();
        var refused = 0;
        var content = new byte[2 * MiB];
        var writer = new Thread(() =>
        {
            while (Write(writes, MiB, content))
            {
            }

            refused++;
        });
        writer.Start();
        RandomAccess.SetLength(_file, MiB + 5);
        writer.Join();
        Assert.Equal(1, refused);
        Assert.Equal(MiB + 5, RandomAccess.GetLength(_file));
    }

    [Fact]
    public void A_page_behind_the_file_s_end_ends_the_copy_where_nobody_looked_before()
    {
        using var writes = Hot();
        RandomAccess.SetLength(_file, 5000);
        Assert.False(writes.TryCopy([new MemoryRun(_memory, 4096), new MemoryRun(_memory + 8192, 8192)], 0));
        RandomAccess.SetLength(_file, MiB);
        Assert.True(writes.TryCopy([new MemoryRun(_memory, 4096), new MemoryRun(_memory + 8192, 8192)], 0));
    }

    [Fact]
    public void A_file_system_without_room_for_a_page_is_an_answer_and_no_signal()
    {
        using var small = new SmallFileSystem(8);
        using var file = File.OpenHandle(small.File("a.img"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(file, new byte[4 * MiB], 0);
        using var writes = new MappedWrites(file, 4 * MiB);
        Heat(writes, 0, 4 * MiB, MappedWrites.Rewrites);
        Assert.Equal(0, PositionedIo.PunchHole(file, MiB, MiB));
        small.Fill();

        // What has its room is written, what lost it is left to a call; a copy that nobody looked before for ends at the first page without room.
        Assert.True(Write(writes, 2 * MiB, Random(MiB)));
        Assert.False(Write(writes, MiB, Random(MiB)));
        Assert.False(writes.TryCopy([new MemoryRun(_memory, 4 * 4096)], MiB - (2 * 4096)));
        Assert.Equal(Errno.ENOSPC, PositionedIo.Write(file, [new MemoryRun(_memory, MiB)], MiB, wait: true));

        // With room again a part earns its place as any other.
        File.Delete(small.File("filler"));
        Assert.Equal(0, PositionedIo.Write(file, [new MemoryRun(_memory, MiB)], MiB, wait: true));
        Heat(writes, MiB, MiB, MappedWrites.Rewrites);
        Assert.True(Write(writes, MiB, Random(MiB)));
    }

    [Fact]
    public void A_file_that_cannot_be_mapped_for_writing_is_left_to_calls()
    {
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        using var writes = new MappedWrites(file, 4 * MiB);
        Heat(writes, 0, MiB, 2 * MappedWrites.Rewrites);
        Assert.False(Write(writes, 0, new byte[MiB]));
    }

    private MappedWrites Hot()
    {
        var writes = new MappedWrites(_file, 4 * MiB);
        Heat(writes, 0, 4 * MiB, MappedWrites.Rewrites);
        return writes;
    }

    private static void Heat(MappedWrites writes, long position, long bytes, int times)
    {
        for (var i = 0; i < times; i++)
        {
            writes.Note(position, bytes);
        }
    }

    private static byte[] Random(int bytes)
    {
        var content = new byte[bytes];
        new Random(7).NextBytes(content);
        return content;
    }

    private byte[] Content(long position, int bytes)
    {
        var content = new byte[bytes];
        Assert.Equal(bytes, RandomAccess.Read(_file, content, position));
        return content;
    }

    /// <summary>Writes two runs, of which the first lies behind the second.</summary>
    private bool Write(MappedWrites writes, long position, byte[] content)
    {
        int first = Math.Min(512, content.Length / 2), rest = content.Length - first;
        Marshal.Copy(content, 0, _memory + rest, first);
        Marshal.Copy(content, first, _memory, rest);
        return writes.TryWrite([new MemoryRun(_memory + rest, first), new MemoryRun(_memory, rest)], position, content.Length);
    }
}
