using System.Diagnostics;
using System.Text;
using CsCheck;
using Xenolith.Boot;
using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Disks;
using Xenolith.Boot.Loader.Xfs;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>The reader of XFS, on images that xfsprogs makes without root.</summary>
public sealed class XfsTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("xenolith-xfs-");

    public void Dispose() => _directory.Delete(recursive: true);

    public static TheoryData<string> Forms =>
    [
        "-m crc=1", "-m crc=0 -n ftype=0", "-m crc=0 -n ftype=1", "-b size=1024", "-b size=512 -m crc=0", "-n size=8192", "-n size=65536", "-i size=2048", "-m bigtime=0,inobtcount=0", "-i sparse=0",
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Files_of_every_form_are_read_as_they_were_written(string form)
    {
        var contents = new Dictionary<string, byte[]> { ["/empty"] = [], ["/tiny"] = ImageMaker.Pattern(7, 1), ["/boot/some"] = ImageMaker.Pattern(5000, 2), ["/boot/a/b/large"] = ImageMaker.Pattern(3_000_001, 3) };
        var prototype = new Prototype(_directory.FullName);
        foreach (var (path, content) in contents)
        {
            prototype.File(path, content);
        }

        for (var i = 0; i < 300; i++)
        {
            prototype.File($"/many/a-name-that-takes-some-room-{i:d5}", Encoding.ASCII.GetBytes($"{i % 3}"));
        }

        prototype.Link("/short", "boot/some").Link("/long", $"{string.Concat(Enumerable.Repeat("boot/../", 110))}boot/some");
        using var image = prototype.Make(form);
        var files = Open(image);

        foreach (var (path, content) in contents)
        {
            Assert.Equal(content, files.Open(path, 1 << 30)!.ReadAll());
        }

        Assert.Equal("2"u8.ToArray(), files.Open("/many/a-name-that-takes-some-room-00299", 100)!.ReadAll());
        Assert.Equal(300, files.List("/many").Count);
        Assert.Equal(contents["/boot/some"], files.Open("/short", 1 << 20)!.ReadAll());
        Assert.Equal(contents["/boot/some"], files.Open("/long", 1 << 20)!.ReadAll());
        Assert.Null(files.Open("/many/none", 100));
        Assert.Null(files.Open("/boot", 100));
        Assert.Null(files.Open("/tiny/below", 100));
        Assert.Equal("guest", files.Label);
        Assert.Equal("01234567-89ab-cdef-0123-456789abcdef", files.Uuid);
    }

    [Fact]
    public void A_guest_boots_from_it_by_its_own_menu()
    {
        var kernel = ImageMaker.Pattern(100_000, 1);
        using var image = new Prototype(_directory.FullName)
            .File("/boot/grub2/grub.cfg", "search --no-floppy --fs-uuid --set=root 01234567-89ab-cdef-0123-456789abcdef\nmenuentry a {\n linux /boot/vmlinuz ro\n}\n"u8.ToArray())
            .File("/boot/vmlinuz", kernel).Make(string.Empty);

        var found = BootLoader.Find(new FileBlocks(image.SafeFileHandle, image.Length), "disk xvda", new(), 256 << 20);

        Assert.Equal(("/boot/vmlinuz", "ro"), (found.KernelPath, found.Arguments));
        Assert.Equal(kernel, found.Kernel.ReadAll());
    }

    /// <summary>Whatever bytes a tenant puts on a disk: something is found, or a named error comes, soon.</summary>
    [Theory]
    [InlineData("-m crc=1 -b size=1024")]
    [InlineData("-m crc=0")]
    public void Changed_bytes_end_in_words(string form)
    {
        var prototype = new Prototype(_directory.FullName).File("/boot/grub/grub.cfg", "menuentry a {\nlinux /vmlinuz x\n}\n"u8.ToArray()).Link("/vmlinuz", "boot/vmlinuz").File("/boot/vmlinuz", ImageMaker.Pattern(40_000, 1));
        for (var i = 0; i < 40; i++)
        {
            prototype.File($"/boot/more/a-file-of-number-{i}", []);
        }

        using var image = prototype.Make(form);
        var start = new byte[4 << 20]; // superblock, inodes and directories of the first group lie here
        RandomAccess.Read(image.SafeFileHandle, start, 0);
        var places = Enumerable.Range(0, start.Length).Where(i => i < 512 || start[i] != 0).Where(i => start.AsSpan(i & ~511, 512).Count((byte)0) > 128).ToArray();
        var change = Gen.Select(Gen.Int[0, 1 << 20], Gen.OneOf(Gen.Byte, Gen.Byte[0, 3], Gen.Const((byte)0), Gen.Const((byte)0xFF)));
        change.Array[1, 8].Sample(
            changes =>
            {
                var disk = new ChangedDisk(image, start, changes.Select(c => (places[c.Item1 % places.Length], c.Item2)));
                try
                {
                    BootLoader.Find(disk, "disk xvda", new(), 64 << 20).Kernel.ReadAll();
                }
                catch (Exception e) when (e is BootException or ImageException)
                {
                    Assert.NotEmpty(e.Message);
                }
            },
            iter: 400);
    }

    private static XfsFileSystem Open(FileStream image) => XfsFileSystem.TryOpen(new FileBlocks(image.SafeFileHandle, image.Length), new(ReadBudget.Default))!;

    /// <summary>An image with some bytes of its beginning changed.</summary>
    private sealed class ChangedDisk : BlockSource
    {
        private readonly FileStream _image;
        private readonly byte[] _start;

        public ChangedDisk(FileStream image, byte[] start, IEnumerable<(int At, byte Value)> changes)
        {
            _image = image;
            _start = (byte[])start.Clone();
            foreach (var (at, value) in changes)
            {
                _start[at] = value;
            }
        }

        public override long Length => _image.Length;

        protected override void ReadInside(long position, Span<byte> buffer)
        {
            RandomAccess.Read(_image.SafeFileHandle, buffer, position);
            if (position < _start.Length)
            {
                var part = _start.AsSpan((int)position, (int)Math.Min(buffer.Length, _start.Length - position));
                part.CopyTo(buffer);
            }
        }
    }

    /// <summary>A tree of files in the words of mkfs.xfs's prototype file.</summary>
    private sealed class Prototype(string directory)
    {
        private readonly SortedDictionary<string, string> _entries = new(StringComparer.Ordinal);
        private int _files;

        public Prototype File(string path, byte[] content)
        {
            var source = Path.Combine(directory, $"file-{_files++}");
            System.IO.File.WriteAllBytes(source, content);
            return Add(path, $"---644 0 0 {source}");
        }

        public Prototype Link(string path, string target) => Add(path, $"l--777 0 0 {target}");

        public FileStream Make(string form)
        {
            var text = new StringBuilder("/\n0 0\nd--755 0 0\n");
            Write(text, string.Empty);
            text.Append("$\n");
            var prototype = Path.Combine(directory, "prototype");
            System.IO.File.WriteAllText(prototype, text.ToString());
            var path = Path.Combine(directory, "image");
            var start = new ProcessStartInfo("mkfs.xfs", ["-q", "-f", "-L", "guest", .. WithUuid(form).Split(' ', StringSplitOptions.RemoveEmptyEntries), "-p", prototype, path]) { RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
            using (var file = System.IO.File.Create(path))
            {
                file.SetLength(320 << 20); // the least that mkfs.xfs makes; sparse
            }

            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"mkfs.xfs {form}: {error.Result}");
            return System.IO.File.OpenRead(path);
        }

        private static string WithUuid(string form) =>
            form.Contains("-m ", StringComparison.Ordinal) ? form.Replace("-m ", "-m uuid=01234567-89ab-cdef-0123-456789abcdef,", StringComparison.Ordinal) : $"{form} -m uuid=01234567-89ab-cdef-0123-456789abcdef";

        private Prototype Add(string path, string line)
        {
            _entries.Add(path, line);
            return this;
        }

        private void Write(StringBuilder text, string above)
        {
            foreach (var name in _entries.Keys.Where(p => p.StartsWith(above + "/", StringComparison.Ordinal)).Select(p => p[(above.Length + 1)..].Split('/')[0]).Distinct())
            {
                if (_entries.TryGetValue($"{above}/{name}", out var line))
                {
                    text.Append(name).Append(' ').Append(line).Append('\n');
                    continue;
                }

                text.Append(name).Append(" d--755 0 0\n");
                Write(text, $"{above}/{name}");
                text.Append("$\n");
            }
        }
    }
}
