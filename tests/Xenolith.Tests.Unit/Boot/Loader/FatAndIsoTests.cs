using System.Diagnostics;
using CsCheck;
using Xenolith.Boot;
using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Disks;
using Xenolith.Boot.Loader.Fat;
using Xenolith.Boot.Loader.Iso;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>The readers of FAT and ISO 9660, on images that dosfstools with mtools and genisoimage make.</summary>
public sealed class FatAndIsoTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("xenolith-image-").FullName;
    private readonly Dictionary<string, byte[]> _files = new()
    {
        ["/empty"] = [],
        ["/tiny.txt"] = ImageMaker.Pattern(7, 1),
        ["/boot/vmlinuz-6.1.0-1-amd64"] = ImageMaker.Pattern(300_001, 2),
        ["/boot/a name of some length with Capitals.img"] = ImageMaker.Pattern(5000, 3),
    };

    private string Root => Path.Combine(_directory, "root");

    private string Image => Path.Combine(_directory, "image");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("-F 12", 2048)]
    [InlineData("-F 16", 16384)]
    [InlineData("-F 32", 65536)]
    [InlineData("-F 32 -s 1", 65536)]
    [InlineData("-F 16 -s 8", 65536)]
    public void Files_are_read_from_fat(string form, int kibibytes)
    {
        Plant();
        for (var i = 0; i < 200; i++)
        {
            Write($"/many/a-name-that-takes-some-room-{i:d3}", [(byte)i]);
        }

        var files = FatFileSystem.TryOpen(new MemoryDisk(Fat(form, kibibytes)), new(ReadBudget.Default))!;

        AssertFiles(files);
        Assert.Equal(200, files.List("/many").Count);
        Assert.Equal([199], files.Open("/MANY/a-name-that-takes-some-room-199", 10)!.ReadAll());
        Assert.Equal("89AB-CDEF", files.Uuid);
        Assert.Equal("GUEST", files.Label);
    }

    [Theory]
    [InlineData("-R")]
    [InlineData("-J")]
    [InlineData("-R -J")]
    [InlineData("-l -allow-lowercase -allow-multidot -relaxed-filenames")]
    public void Files_are_read_from_iso_9660(string form)
    {
        Plant();
        for (var i = 0; i < 200; i++)
        {
            Write($"/many/a-name-for-{i:d3}", [(byte)i]);
        }

        if (form.Contains("-R", StringComparison.Ordinal))
        {
            File.CreateSymbolicLink($"{Root}/vmlinuz", "boot/../boot/./vmlinuz-6.1.0-1-amd64");
            File.CreateSymbolicLink($"{Root}/boot/far", $"/{new string('x', 180)}/../boot/../tiny.txt");
            Directory.CreateDirectory($"{Root}/{new string('x', 180)}");
        }

        var files = IsoFileSystem.TryOpen(new MemoryDisk(Iso(form)), new(ReadBudget.Default))!;

        Assert.Equal("guest", files.Label);
        Assert.Matches("^20[0-9]{2}(-[0-9]{2}){6}$", files.Uuid);
        Assert.Equal(200, files.List("/many").Count);
        Assert.Equal([199], files.Open("/many/a-name-for-199", 10)!.ReadAll());
        if (!form.StartsWith("-l", StringComparison.Ordinal))
        {
            AssertFiles(files);
        }

        if (form.Contains("-R", StringComparison.Ordinal))
        {
            Assert.Equal(_files["/boot/vmlinuz-6.1.0-1-amd64"], files.Open("/vmlinuz", 1 << 20)!.ReadAll());
            Assert.Equal(_files["/tiny.txt"], files.Open("/boot/far", 1 << 20)!.ReadAll());
        }
    }

    [Theory]
    [InlineData("/syslinux.cfg", false)]
    [InlineData("/isolinux/isolinux.cfg", true)]
    public void A_medium_boots_by_its_own_menu(string menu, bool iso)
    {
        Plant();
        Write(menu, "default install\nlabel install\n kernel /boot/vmlinuz-6.1.0-1-amd64\n append initrd=/tiny.txt quiet\n"u8.ToArray());

        var found = MemoryDisk.Find(iso ? Iso("-R") : Fat("-F 16", 16384));

        Assert.Equal(("/boot/vmlinuz-6.1.0-1-amd64", "/tiny.txt", "quiet"), (found.KernelPath, found.RamdiskPath, found.Arguments));
        Assert.Equal(_files["/boot/vmlinuz-6.1.0-1-amd64"], found.Kernel.ReadAll());
    }

    [Theory]
    [InlineData("timeout 3\nconsole-mode keep\n", "6.12.9")]
    [InlineData("default m-6.1.0-1.conf\ntimeout 3\n", "6.1.0")]
    [InlineData("default m-*\n", "6.12.9")]
    public void Systemd_boot_on_an_efi_partition(string loader, string kernel)
    {
        Write("/loader/loader.conf", System.Text.Encoding.ASCII.GetBytes(loader));
        foreach (var version in (string[])["6.1.0", "6.12.9"])
        {
            Write($"/m/{version}/linux", ImageMaker.Pattern(1000, 1));
            Write($"/m/{version}/initrd.img", ImageMaker.Pattern(1000, 2));
            Write(
                $"/loader/entries/m-{version}-1.conf",
                System.Text.Encoding.ASCII.GetBytes($"title      Debian\nversion    {version}\nmachine-id m\noptions    root=UUID=1 ro console=hvc0\nlinux      /m/{version}/linux\ninitrd     /m/{version}/initrd.img\n"));
        }

        var found = MemoryDisk.Find(Fat("-F 16", 16384));

        Assert.Equal(($"/m/{kernel}/linux", $"/m/{kernel}/initrd.img", "root=UUID=1 ro console=hvc0"), (found.KernelPath, found.RamdiskPath, found.Arguments));
    }

    [Theory]
    [InlineData(0x10u, 0xFFFFFFF8u)]
    [InlineData(0u, 4096u)]
    public void Fields_that_continue_nowhere_are_refused(uint offset, uint length)
    {
        Write($"/{new string('n', 200)}", []);
        var image = Iso("-R");
        var field = image.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[(byte)'C', (byte)'E', 28, 1]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(field + 12), offset);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(field + 20), length);

        Assert.Contains("continues outside", Assert.Throws<BootException>(() => MemoryDisk.Find(image)).Message);
    }

    /// <summary>Whatever bytes a tenant puts on a disk: something is found, or a named error comes, soon.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Changed_bytes_end_in_words(bool iso)
    {
        Plant();
        Write("/syslinux.cfg", "default a\nlabel a\n kernel /boot/vmlinuz-6.1.0-1-amd64\n"u8.ToArray());
        var image = iso ? Iso("-R -J") : Fat("-F 12", 2048);
        var places = Enumerable.Range(0, image.Length).Where(i => image[i] != 0 && image.AsSpan(i & ~511, 512).Count((byte)0) > 64).ToArray();
        Gen.Select(Gen.Int[0, 1 << 20], Gen.OneOf(Gen.Byte, Gen.Byte[0, 3], Gen.Const((byte)0xFF))).Array[1, 8].Sample(
            changes =>
            {
                var disk = (byte[])image.Clone();
                foreach (var (at, value) in changes)
                {
                    disk[places[at % places.Length]] = value;
                }

                try
                {
                    MemoryDisk.Find(disk).Kernel.ReadAll();
                }
                catch (Exception e) when (e is BootException or ImageException)
                {
                    Assert.NotEmpty(e.Message);
                }
            },
            iter: 500);
    }

    private void AssertFiles(GuestFileSystem files)
    {
        foreach (var (path, content) in _files)
        {
            Assert.Equal(content, files.Open(path, 1 << 20)!.ReadAll());
        }

        Assert.Null(files.Open("/none", 100));
        Assert.Null(files.Open("/boot", 100));
        Assert.Null(files.Open("/tiny.txt/below", 100));
        Assert.Contains("vmlinuz-6.1.0-1-amd64", files.List("/boot"));
    }

    private void Plant()
    {
        foreach (var (path, content) in _files)
        {
            Write(path, content);
        }
    }

    private void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllBytes(Root + path, content);
    }

    private byte[] Iso(string form)
    {
        Run("genisoimage", ["-quiet", "-V", "guest", .. form.Split(' '), "-o", Image, Root]);
        return File.ReadAllBytes(Image);
    }

    private byte[] Fat(string form, int kibibytes)
    {
        File.Delete(Image);
        Run("mkfs.vfat", [.. form.Split(' '), "-n", "GUEST", "-i", "89abcdef", "-C", Image, $"{kibibytes}"]);
        Run("mcopy", ["-i", Image, "-s", .. Directory.GetFileSystemEntries(Root), "::"]);
        return File.ReadAllBytes(Image);
    }

    private static void Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        start.Environment["MTOOLS_SKIP_CHECK"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
    }
}
