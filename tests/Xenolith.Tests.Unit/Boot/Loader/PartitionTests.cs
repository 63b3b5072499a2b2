using System.Text;
using Xenolith.Boot;
using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>Where on a disk the loader looks.</summary>
public sealed class PartitionTests
{
    [Fact]
    public void A_boot_partition_of_its_own_has_paths_of_its_own()
    {
        var boot = Image(m => m.File("/grub/menu.lst", "title a\nroot (hd0,0)\nkernel /vmlinuz root=/dev/xvda2\n").File("/vmlinuz", "1"));
        var root = Image(m => m.File("/etc/fstab", "x"));

        Assert.Equal("1", Kernel(MemoryDisk.WithMbr(1, boot, root)));
        Assert.Equal("1", Kernel(MemoryDisk.WithGpt(boot, root)));
    }

    [Fact]
    public void A_menu_can_name_another_partition()
    {
        var boot = Image(m => m.File("/boot/grub/grub.cfg", "menuentry a {\nset root='hd0,gpt2'\nlinux /kernel\n}\nmenuentry b {\nsearch --set=root --label files\nlinux /kernel\n}\n"));
        var files = Image(m => m.File("/kernel", "there"), "-t ext4 -L files");
        var disk = MemoryDisk.WithGpt(boot, files);

        Assert.Equal("there", Kernel(disk));
        Assert.Equal("there", Kernel(disk, new() { Entry = "b" }));
    }

    [Fact]
    public void The_active_partition_comes_first()
    {
        var (first, second) = (Bootable("first"), Bootable("second"));

        Assert.Equal("first", Kernel(MemoryDisk.WithMbr(0, first, second)));
        Assert.Equal("second", Kernel(MemoryDisk.WithMbr(2, first, second)));
    }

    [Fact]
    public void Logical_partitions_are_found()
    {
        var menu = Image(m => m.File("/boot/grub/menu.lst", "title a\nroot (hd0,5)\nkernel /kernel\n"));
        var other = Image(m => m.File("/kernel", "wrong"));
        var right = Image(m => m.File("/kernel", "sixth"));

        Assert.Equal("sixth", Kernel(MemoryDisk.WithMbr(0, menu, null, null, other, right)));
        Assert.Equal("logical", Kernel(MemoryDisk.WithMbr(0, null, null, null, other, Bootable("logical"))));
    }

    [Fact]
    public void A_file_system_that_fills_the_disk_needs_no_table()
    {
        var image = Bootable("whole");
        Assert.Equal("whole", Kernel(image));

        // A boot sector of a loader that was once installed there.
        (image[510], image[511]) = (0x55, 0xAA);
        Assert.Equal("whole", Kernel(image));
    }

    [Fact]
    public void An_offset_is_taken_as_it_is()
    {
        var disk = MemoryDisk.WithMbr(0, Bootable("first"), Bootable("second"));
        var second = PartitionTable.Read(new MemoryDisk(disk), new(100))[1];

        Assert.Equal("second", Kernel(disk, new() { Offset = second.Start }));
    }

    [Fact]
    public void What_lies_there_instead_is_named()
    {
        var btrfs = new byte[1 << 20];
        "_BHRfS_M"u8.CopyTo(btrfs.AsSpan(0x10040));

        Assert.Contains("partition 2 holds a btrfs file system", Assert.Throws<BootException>(() => Kernel(MemoryDisk.WithMbr(0, null, btrfs))).Message);
        Assert.Contains("no file system that is read here (ext2 to ext4, XFS, FAT, ISO 9660) was found on it", Assert.Throws<BootException>(() => Kernel(new byte[1 << 20])).Message);
        Assert.Throws<BootException>(() => Kernel([]));
    }

    [Fact]
    public void A_chain_of_partitions_in_a_circle_ends()
    {
        var disk = MemoryDisk.WithMbr(0, null, null, null, Bootable("a"), Bootable("b"));
        var second = PartitionTable.Read(new MemoryDisk(disk), new(10_000)).Single(p => p.Number == 6);
        var table = (int)second.Start - (8 * 512);
        disk[table + 446 + 16 + 4] = 5;
        disk[table + 446 + 16 + 8] = (byte)((second.Start / 512) - 8 - 2048);
        disk[table + 446 + 16 + 9] = (byte)(((second.Start / 512) - 8 - 2048) >> 8);

        Assert.InRange(PartitionTable.Read(new MemoryDisk(disk), new(10_000)).Count, 3, 200);
        Assert.Equal("a", Kernel(disk));
    }

    private static byte[] Bootable(string kernel) => Image(m => m.File("/boot/grub/menu.lst", "title a\nkernel /kernel\n").File("/kernel", kernel));

    private static byte[] Image(Action<ImageMaker> fill, string arguments = "-t ext4")
    {
        using var maker = new ImageMaker();
        fill(maker);
        return maker.Make(arguments, "2M");
    }

    private static string Kernel(byte[] disk, LoaderOptions? options = null) => Encoding.UTF8.GetString(MemoryDisk.Find(disk, options).Kernel.ReadAll());
}
