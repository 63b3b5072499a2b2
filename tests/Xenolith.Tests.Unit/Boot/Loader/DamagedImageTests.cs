using CsCheck;
using Xenolith.Boot;
using Xenolith.Boot.Loader;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>Whatever bytes a tenant puts on a disk: something is found, or a named error comes, soon.</summary>
public sealed class DamagedImageTests
{
    private static readonly Gen<(int At, byte Value)[]> Changes = Gen.Select(Gen.Int[0, 1 << 20], Gen.OneOf(Gen.Byte, Gen.Byte[0, 3], Gen.Const((byte)0), Gen.Const((byte)0xFF))).Array[1, 12];

    [Theory]
    [InlineData("-t ext4 -b 1024 -N 64 -O ^has_journal,inline_data -I 256")]
    [InlineData("-t ext2 -b 1024 -N 64")]
    public void Changed_bytes_anywhere(string form)
    {
        using var maker = new ImageMaker();
        var image = maker.File("/boot/grub/grub.cfg", "set k=1\nif [ -s /boot/grub/grubenv ]; then load_env; fi\nmenuentry a {\nlinux /vmlinuz x\ninitrd /boot/initrd\n}\n")
            .File("/boot/grub/grubenv", "a=b\n").Link("/vmlinuz", "boot/vmlinuz").File("/boot/vmlinuz", ImageMaker.Pattern(40_000, 1)).File("/boot/initrd", ImageMaker.Pattern(20_000, 2))
            .Make(form, "256k");
        var places = Enumerable.Range(0, image.Length).Where(i => image[i & ~31] != 0 || image[i] != 0).ToArray();
        // The content of the files is no map of anything: only what is not random is worth changing.
        places = [.. places.Where(i => IsSparse(image, i))];

        Changes.Sample(changes =>
        {
            var disk = (byte[])image.Clone();
            foreach (var (at, value) in changes)
            {
                disk[places[at % places.Length]] = value;
            }

            Boots(disk);
        }, iter: 1000);
    }

    [Fact]
    public void Changed_bytes_in_menus()
    {
        using var maker = new ImageMaker();
        const string Menu = "set default=\"1>0\"\nfunction f { if [ x$1 = xy -o -z \"${a}\" ]; then return; fi; }\nf y; for i in 1 2; do a=$i; done\n"
            + "submenu 'a' --id b {\nmenuentry \"c $a\" { search --set=root --fs-uuid 1\nlinux /k $a\ninitrd /k }\n}\nwhile false; do true; done\n";
        var image = maker.File("/boot/grub/grub.cfg", Menu.PadRight(1000)).File("/k", "k").Make("-t ext4 -b 1024 -N 64 -O ^has_journal", "256k");
        var start = image.AsSpan().IndexOf("set default="u8);
        const string Letters = "{}[]$\"'\\;# \n>=ai()!-0";
        var letters = Gen.Int[0, Letters.Length - 1].Select(i => (byte)Letters[i]);

        Gen.Select(Gen.Int[0, Menu.Length - 1], letters).Array[1, 30].Sample(changes =>
        {
            var disk = (byte[])image.Clone();
            foreach (var (at, value) in changes)
            {
                disk[start + at] = value;
            }

            Boots(disk);
        }, iter: 1000);
    }

    [Fact]
    public void Changed_bytes_in_partition_tables()
    {
        using var maker = new ImageMaker();
        var part = maker.File("/k", "k").Make("-t ext2 -b 1024 -N 16", "64k");
        byte[][] disks = [MemoryDisk.WithGpt(part), MemoryDisk.WithMbr(1, part, null, null, part, part)];
        var interesting = Gen.OneOf(Gen.Int[446, 511], Gen.Int[512, 600], Gen.Int[1024, 1200]);

        Gen.Select(Gen.Int[0, 1], Gen.Select(interesting, Gen.Byte).Array[1, 8]).Sample((which, changes) =>
        {
            var disk = (byte[])disks[which].Clone();
            foreach (var (at, value) in changes)
            {
                disk[at] = value;
            }

            Boots(disk);
        }, iter: 300);
    }

    [Fact]
    public void A_map_of_holes_without_end_ends_by_its_steps()
    {
        const int Block = 65536;
        using var maker = new ImageMaker();
        byte[] upper = ImageMaker.Pattern(Block, 1), lower = ImageMaker.Pattern(Block, 2);
        var image = maker.File("/boot/grub/grub.cfg", "menuentry a {\nlinux /vmlinuz\n}\n").File("/vmlinuz", "k").File("/upper", upper).File("/lower", lower)
            .Make($"-t ext2 -b {Block} -N 16", "16M");
        var (at, below) = (image.AsSpan().IndexOf(upper), image.AsSpan().IndexOf(lower));
        // Every number of the upper table names the lower one, which holds nothing: 2^28 holes for 2^14 numbers.
        image = maker.Change(image, $"set_inode_field /vmlinuz block[TIND] {at / Block}\nset_inode_field /vmlinuz size 0x4000000000000000\n");
        for (var i = 0; i < Block; i += sizeof(uint))
        {
            BitConverter.TryWriteBytes(image.AsSpan(at + i), (uint)(below / Block));
        }

        image.AsSpan(below, Block).Clear();

        var error = Assert.Throws<BootException>(() => MemoryDisk.Find(image));
        Assert.Contains("more steps than any honest disk needs", error.Message, StringComparison.Ordinal);
    }

    private static bool IsSparse(byte[] image, int at)
    {
        var block = image.AsSpan(at & ~1023, 1024);
        return block.Count((byte)0) > 100 || block.IndexOfAnyInRange((byte)128, (byte)255) < 0;
    }

    private static void Boots(byte[] disk)
    {
        try
        {
            var found = MemoryDisk.Find(disk);
            found.WriteKernel((_, _) => { });
            found.WriteRamdisk((_, _) => { });
        }
        catch (Exception e) when (e is BootException or ImageException)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
