using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Ext;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>The reader of ext file systems, on images that e2fsprogs makes.</summary>
public sealed class ExtTests : IDisposable
{
    private readonly ImageMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    public static TheoryData<string> Forms =>
    [
        "-t ext2", "-t ext2 -b 1024", "-t ext2 -r 0", "-t ext3", "-t ext3 -b 2048", "-t ext4", "-t ext4 -b 1024", "-t ext4 -b 1024 -g 256", "-t ext4 -O ^64bit,^metadata_csum",
        "-t ext4 -O 64bit,meta_bg,^resize_inode", "-t ext4 -b 1024 -g 256 -O meta_bg,^resize_inode,^flex_bg", "-t ext4 -O inline_data -I 256",
        "-t ext4 -O inline_data -I 512", "-t ext4 -O ^extents,^64bit", "-t ext4 -O bigalloc", "-t ext4 -O encrypt,casefold", "-t ext4 -I 128", "-t ext4 -O sparse_super2", "-t ext4 -b 65536",
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Files_of_every_form_are_read_as_they_were_written(string form)
    {
        var contents = new Dictionary<string, byte[]>
        {
            ["/empty"] = [],
            ["/tiny"] = ImageMaker.Pattern(7, 1),
            ["/short"] = ImageMaker.Pattern(120, 2),
            ["/boot/some"] = ImageMaker.Pattern(5000, 3),
            ["/boot/a/b/c/large"] = ImageMaker.Pattern(3_000_001, 4),
        };
        foreach (var (path, content) in contents)
        {
            _maker.File(path, content);
        }

        for (var i = 0; i < 300; i++)
        {
            _maker.File($"/many/a-name-that-takes-some-room-{i:d5}", $"{i}");
        }

        var files = Open(_maker.Make(form, "24M"));

        foreach (var (path, content) in contents)
        {
            Assert.Equal(content, files.Open(path, 1 << 30)!.ReadAll());
        }

        Assert.Equal("299"u8.ToArray(), files.Open("/many/a-name-that-takes-some-room-00299", 100)!.ReadAll());
        Assert.Equal(300, files.List("/many").Count);
        Assert.Null(files.Open("/many/none", 100));
        Assert.Null(files.Open("/boot", 100));
        Assert.Null(files.Open("/tiny/below", 100));
    }

    [Fact]
    public void A_sparse_file_has_zeros_in_its_holes()
    {
        var content = new byte[5_000_000];
        ImageMaker.Pattern(4096, 1).CopyTo(content, 1_000_000);
        ImageMaker.Pattern(4096, 2).CopyTo(content, 4_900_000);
        foreach (var form in (string[])["-t ext4", "-t ext3"])
        {
            Assert.Equal(content, Open(_maker.File("/sparse", content).Make(form)).Open("/sparse", 1 << 30)!.ReadAll());
        }
    }

    [Fact]
    public void A_file_in_many_pieces_is_put_together()
    {
        // A file written into the holes that every second of many small files leaves.
        var content = ImageMaker.Pattern(1_500_000, 5);
        for (var i = 0; i < 2000; i++)
        {
            _maker.File($"/f{i}", "x");
        }

        var outside = Path.Combine(_maker.Root, "..", "pieces");
        File.WriteAllBytes(outside, content);
        foreach (var form in (string[])["-t ext4 -b 1024 -N 4096", "-t ext2 -b 1024 -N 4096"])
        {
            var image = _maker.Make(form, "8M");
            image = _maker.Change(image, string.Concat(Enumerable.Range(0, 1000).Select(i => $"rm /f{(i * 2) + 1}\n")) + $"write {outside} /pieces\n");
            Assert.Equal(content, Open(image).Open("/pieces", 1 << 30)!.ReadAll());
        }
    }

    [Fact]
    public void Links_are_followed_and_stay_inside()
    {
        _maker.File("/boot/vmlinuz-1", "kernel").Link("/vmlinuz", "boot/vmlinuz-1").Link("/boot/current", "/boot/vmlinuz-1").Link("/boot/up", "../../../boot/current")
            .Link("/dir", "boot").Link("/long", $"{string.Concat(Enumerable.Repeat("./", 60))}boot/vmlinuz-1").Link("/none", "nowhere");
        var files = Open(_maker.Make());

        Assert.All((string[])["/vmlinuz", "vmlinuz", "/boot/current", "/boot/up", "/dir/vmlinuz-1", "/dir/../dir/./current", "/long", "//boot///current", "/../../vmlinuz"],
            path => Assert.Equal("kernel"u8.ToArray(), files.Open(path, 100)!.ReadAll()));
        Assert.Null(files.Open("/none", 100));
    }

    [Fact]
    public void Links_in_a_circle_are_named()
    {
        var files = Open(_maker.Link("/a", "b").Link("/b", "a").Link("/c", "c/c").Make());

        Assert.Contains("circle", Assert.Throws<ImageException>(() => files.Open("/a", 100)).Message);
        Assert.Throws<ImageException>(() => files.Open("/c", 100));
    }

    [Fact]
    public void A_file_larger_than_allowed_is_not_begun()
    {
        var image = _maker.File("/f", "x").Make();

        Assert.Throws<ImageException>(() => Open(_maker.Change(image, "set_inode_field /f size 0x7fffffffffffffff\n")).Open("/f", 1 << 30));
        Assert.Throws<ImageException>(() => Open(_maker.Change(image, "set_inode_field /f size 0x40000001\n")).Open("/f", 1 << 30));
    }

    [Fact]
    public void What_is_no_ext_file_system_is_none()
    {
        Assert.Null(ExtFileSystem.TryOpen(new MemoryDisk(new byte[100]), new(100)));
        Assert.Null(ExtFileSystem.TryOpen(new MemoryDisk(new byte[100_000]), new(100)));
    }

    private static ExtFileSystem Open(byte[] image) => ExtFileSystem.TryOpen(new MemoryDisk(image), new(ReadBudget.Default))!;
}
