namespace Xenolith.Tests.Guests;

/// <summary>GRUB as a PV kernel (Debian's package grub-xen-host): it runs in the domain, reads the guest's disk through blkfront and starts the guest's kernel in its place.</summary>
[Collection("guests")]
public sealed class PvgrubTests : GuestHost
{
    [Fact]
    public void Grub_in_the_guest_starts_the_kernel_that_its_menu_names()
    {
        var image = System.IO.Path.Combine(Path, "disk.img");
        DiskImages.Bootable(image, 128, Unpacked(), ("/boot/grub/grub.cfg", """
            set timeout=0
            menuentry 'guest' {
                linux /boot/vmlinuz console=hvc0 quiet run=grep,-c,processor,/proc/cpuinfo;ls,/sys/block;sleep,1000
                initrd /boot/initrd.img
            }

            """));
        var file = System.IO.Path.Combine(Path, "guest.cfg");
        File.WriteAllText(file, $"""
            name = "guest"
            firmware = "pvgrub64"
            memory = 256
            vcpus = 2
            disk = [ '{image},raw,xvda,w' ]

            """);

        XlOk("create", file);

        AwaitConsole("guest", "Welcome to GRUB!");
        AwaitConsole("guest", "XENOLITH-USERSPACE");
        Eventually(() => Find("guest") is { Vcpus: 2 }, "the kernel did not start its second vCPU");
    }

    /// <summary>The kernel as an ELF file: GRUB does not know lz4, in which Debian's cloud kernel comes.</summary>
    private byte[] Unpacked()
    {
        ReadOnlySpan<byte> magic = [0x02, 0x21, 0x4c, 0x18];
        var kernel = File.ReadAllBytes(GuestImages.Kernel);
        var packed = System.IO.Path.Combine(Path, "payload.lz4");
        var plain = System.IO.Path.Combine(Path, "payload");
        // Behind the payload come its size and the rest of the image: the length is the header's, the size not counted.
        var start = 0x200 + (kernel[0x1f1] * 0x200) + BitConverter.ToInt32(kernel, 0x248);
        Assert.True(kernel.AsSpan(start).StartsWith(magic), "the kernel is not packed with lz4 any more");
        File.WriteAllBytes(packed, kernel.AsSpan(start, BitConverter.ToInt32(kernel, 0x24c) - sizeof(int)));
        DiskImages.Run("lz4", "-d", "-q", packed, plain);
        return File.ReadAllBytes(plain);
    }
}
