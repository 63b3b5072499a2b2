using Xenolith.Abi.Boot;
using Xenolith.Boot;
using Xenolith.Boot.Notes;
using Xunit;

namespace Xenolith.Tests.Unit.Boot;

/// <summary>What kernels say about themselves, in both dialects, and what is refused.</summary>
public sealed class GuestStringTests
{
    [Fact]
    public void NetBSDs_string_is_understood()
    {
        var parameters = GuestString.Parse(
            "GUEST_OS=netbsd,GUEST_VER=4.99,XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0xffffffff80000000,ELF_PADDR_OFFSET=0xffffffff80000000,"
            + "VIRT_ENTRY=0xffffffff80100000,HYPERCALL_PAGE=0x00000101,PAE=yes,BSD_SYMTAB=yes,FEATURES=writable_descriptor_tables");

        Assert.True(parameters.FromGuestString);
        Assert.Equal("netbsd", parameters.GuestOs);
        Assert.Equal(0xffffffff80101000UL, parameters.HypercallPage);
        Assert.Equal(0xffffffff80100000UL, parameters.VirtEntry);
        Assert.True(parameters.WantsSymbols);
        Assert.Equal(1u << XenFeature.WritableDescriptorTables, parameters.SupportedFeatures);
        Assert.Equal(0u, parameters.RequiredFeatures);
    }

    [Fact]
    public void Notes_give_the_defaults_that_Xen_gives()
    {
        var kernel = XenKernel.Read(
            new ElfBuilder { Entry = 0x100040 }.Load(0x100000, new byte[64], 0x2000).Note(ElfNote.Loader, "generic").Note(ElfNote.XenVersion, "xen-3.0").Build(),
            "kernel test");

        Assert.Equal((0UL, 0UL, 0x100000UL, 0x102000UL, 0x100040UL), (kernel.VirtBase, kernel.VirtOffset, kernel.Start, kernel.End, kernel.Entry));
        Assert.Null(kernel.P2MBase);
    }

    [Fact]
    public void Kernels_that_cannot_be_started_say_why()
    {
        Refused("no Xen notes", new ElfBuilder().Load(0x100000, [1]));
        Refused("PVH only", new ElfBuilder().Load(0x100000, [1]).Note(ElfNote.Phys32Entry, 0x100000));
        Refused("32-bit kernel", new ElfBuilder { Machine = 3 }.Load(0x100000, [1]).LinuxNotes(0xffffffff80100000));
        Refused("another machine (ELF machine 183)", new ElfBuilder { Machine = 183 }.Load(0x100000, [1]).LinuxNotes(0xffffffff80100000));
        Refused("control domain", Good().Note(ElfNote.Features, "!dom0"));
        Refused("requires the feature levitation", Good().Note(ElfNote.Features, "!levitation"));
        Refused("requires the feature auto_translated_physmap", Good().Note(ElfNote.Features, "!auto_translated_physmap"));
        Refused("Xen interface 'xen-9.0'", Good().Note(ElfNote.XenVersion, "xen-9.0"));
        Refused("do not fit together", Good().Note(ElfNote.Entry, 0xffffffff90000000));
        Refused("wraps around", new ElfBuilder().Load(0xfffffffffffff000, [1], 0x2000).LinuxNotes(0xffffffff80100000));
        Refused("no segment to load", new ElfBuilder().LinuxNotes(0xffffffff80100000));
    }

    [Fact]
    public void Every_cut_of_a_kernel_is_an_error_in_words_or_still_a_kernel()
    {
        var file = Good().Build();
        for (var length = 16; length < file.Length; length++)
        {
            try
            {
                XenKernel.Read(file.AsSpan(0, length), "kernel test");
            }
            catch (BootException e)
            {
                Assert.Equal("kernel test", e.Thing);
            }
        }
    }

    private static ElfBuilder Good() => new ElfBuilder().Load(0x100000, new byte[256]).LinuxNotes(0xffffffff80100000);

    private static void Refused(string because, ElfBuilder kernel)
    {
        var error = Assert.Throws<BootException>(() => XenKernel.Read(kernel.Build(), "kernel test"));
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }
}
