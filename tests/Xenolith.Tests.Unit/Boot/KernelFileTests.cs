using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using Xenolith.Boot;
using Xenolith.Boot.Cache;
using Xenolith.Boot.Images;
using Xunit;

namespace Xenolith.Tests.Unit.Boot;

/// <summary>Every layer a kernel can be wrapped in, whole, cut short and damaged.</summary>
public sealed class KernelFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("xenolith-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    public static TheoryData<string, string[]> Packers => new()
    {
        { "gzip", ["gzip", "-c"] },
        { "bzip2", ["bzip2", "-c"] },
        { "xz", ["xz", "-c", "--check=crc32", "--x86", "--lzma2=dict=32MiB"] },
        { "lzma", ["xz", "-c", "--format=lzma"] },
        { "lz4", ["lz4", "-c", "-l"] },
        { "lz4 frame", ["lz4", "-c"] },
        { "lz4 frame", ["lz4", "-c", "-BD", "-B4"] },
        { "lzo", ["lzop", "-c", "-9"] },
        { "zstd", ["zstd", "-c"] },
    };

    [Theory]
    [MemberData(nameof(Packers))]
    public void A_packed_kernel_unpacks_from_a_bzImage_and_from_a_whole_file(string format, string[] command)
    {
        var elf = Elf();
        var packed = Pack(elf, command);

        Assert.Equal(elf, Unpack(packed));
        Assert.Equal(elf, Unpack(BzImage(packed, format == "gzip" ? null : (uint)elf.Length)));
    }

    [Theory]
    [MemberData(nameof(Packers))]
    public void A_truncated_or_damaged_kernel_is_named_as_such(string format, string[] command)
    {
        var packed = Pack(Elf(), command);
        foreach (var cut in new[] { packed.Length / 2, packed.Length - 40 })
        {
            var error = Assert.Throws<BootException>(() => Unpack(packed[..cut]));
            Assert.Contains(format, error.Message, StringComparison.Ordinal);
        }

        byte[][] whole = [packed, BzImage(packed, format == "gzip" ? null : 1u << 20)];
        foreach (var seed in FuzzSeeds.Take(60))
        {
            var random = new Random(seed);
            var damaged = (byte[])whole[random.Next(2)].Clone();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                // The boot protocol's fields and the format's own header are where a number can do most.
                ref var place = ref damaged[random.Next(3) switch { 0 => random.Next(64), 1 => random.Next(0x1f0, 0x440), _ => random.Next(damaged.Length) }];
                place = random.Next(4) switch { 0 => 0, 1 => 0xff, 2 => (byte)random.Next(256), _ => (byte)(place ^ (1 << random.Next(8))) };
            }

            try
            {
                Unpack(damaged);
            }
            catch (BootException e)
            {
                Assert.Equal("kernel test", e.Thing);
            }
        }
    }

    [Fact]
    public void A_bomb_stops_at_the_limit()
    {
        using var output = new ImageBuffer(1 << 20);
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.SmallestSize))
        {
            gzip.Write(new byte[8 << 20]);
        }

        var error = Assert.Throws<BootException>(() => Xenolith.Boot.Compression.GzipPayload.Unpack(stream.ToArray(), output));
        Assert.Contains("more than 1 MiB", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("hello, this is a text file", "is not a kernel")]
    [InlineData("#!/bin/sh\n", "is a script")]
    [InlineData("070701000000", "is a cpio archive")]
    public void What_is_no_kernel_says_what_it_is(string content, string cause)
    {
        var error = Assert.Throws<BootException>(() => Unpack(System.Text.Encoding.ASCII.GetBytes(content)));
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_compression_shows_its_first_bytes()
    {
        var error = Assert.Throws<BootException>(() => Unpack(BzImage(new byte[64], 5)));
        Assert.Contains("unknown compression (it begins with 0000000000000000)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cache_gives_back_what_was_unpacked_and_stays_small()
    {
        var cache = new KernelCache(Path.Combine(_directory, "kernels"), 3 << 20);
        var elf = Elf();
        var path = Path.Combine(_directory, "vmlinuz");
        File.WriteAllBytes(path, Pack(elf, ["gzip", "-c"]));
        using (var first = KernelFile.Load(path, cache))
        {
            Assert.Equal(elf, first.Bytes.ToArray());
            cache.Write(first.CacheKey!, first.Bytes);
        }

        var file = Assert.Single(Directory.GetFiles(Path.Combine(_directory, "kernels")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        using (var second = KernelFile.Load(path, cache))
        {
            Assert.Equal(elf, second.Bytes.ToArray());
            Assert.Null(second.CacheKey);
        }

        for (var i = 0; i < 4; i++)
        {
            cache.Write(new string((char)('a' + i), 64), elf);
        }

        Assert.InRange(Directory.GetFiles(Path.Combine(_directory, "kernels")).Length, 1, 3);
        Assert.Null(cache.LastProblem);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_does_not_stop_a_kernel()
    {
        File.WriteAllText(Path.Combine(_directory, "file"), "in the way");
        var cache = new KernelCache(Path.Combine(_directory, "file", "kernels"));
        var path = Path.Combine(_directory, "vmlinuz");
        File.WriteAllBytes(path, Pack(Elf(), ["gzip", "-c"]));

        using var kernel = KernelFile.Load(path, cache);
        cache.Write(kernel.CacheKey!, kernel.Bytes);

        Assert.NotNull(cache.LastProblem);
    }

    [Fact]
    public void A_missing_file_and_a_directory_are_told_apart()
    {
        Assert.Contains("no such file", Assert.Throws<BootException>(() => KernelFile.Load("/nonexistent/vmlinuz", null)).Message, StringComparison.Ordinal);
        Assert.Contains("is a directory", Assert.Throws<BootException>(() => KernelFile.Load(_directory, null)).Message, StringComparison.Ordinal);
    }

    private static byte[] Unpack(byte[] bytes)
    {
        var buffer = new ImageBuffer(Math.Max(bytes.Length, 1));
        buffer.Append(bytes);
        using var result = KernelFile.Load(buffer, "kernel test", null);
        return result.Bytes.ToArray();
    }

    /// <summary>A megabyte that packs a little: an ELF header before half-random bytes.</summary>
    private static byte[] Elf()
    {
        var random = new Random(7);
        var bytes = new byte[1 << 20];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(random.Next(16) == 0 ? random.Next(256) : (i >> 4) & 0xff);
        }

        new ElfBuilder().Load(0, [1]).Build().CopyTo(bytes, 0);
        return bytes;
    }

    private static byte[] BzImage(byte[] payload, uint? size)
    {
        var file = new byte[1024 + payload.Length + 4];
        file[0x1f1] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x1fe), 0xaa55);
        "HdrS"u8.CopyTo(file.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x206), 0x20f);
        file[0x211] = 1;
        payload.CopyTo(file, 1024);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x24c), (uint)payload.Length + (size is null ? 0u : 4));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(1024 + payload.Length), size ?? 0);
        return file;
    }

    private static byte[] Pack(byte[] bytes, string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var result = new MemoryStream();
        var reader = Task.Run(() => process.StandardOutput.BaseStream.CopyTo(result));
        process.StandardInput.BaseStream.Write(bytes);
        process.StandardInput.Close();
        reader.Wait();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return result.ToArray();
    }
}
