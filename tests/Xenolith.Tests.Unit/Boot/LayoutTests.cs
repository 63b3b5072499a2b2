using Xenolith.Abi.Boot;
using Xenolith.Boot;
using Xenolith.Boot.Notes;
using Xenolith.Boot.StartOfDay;
using Xunit;

namespace Xenolith.Tests.Unit.Boot;

/// <summary>The start-of-day layout, against what Xen 4.17's own domain builder logged.</summary>
public sealed class LayoutTests
{
    private static XenKernel Debian61() => XenKernel.Read(
        new ElfBuilder().Load(0x1000000, [1], 0x3a00000).LinuxNotes(0xffffffff830791c0).Build(), "kernel test");

    [Fact]
    public void Debian_61_with_256_MiB_lies_as_under_Xen()
    {
        var layout = Layout.Plan(Debian61(), 0x314a10, 0x10000, "test");

        Assert.Equal(new PageRun(0x1000, 0x3a00), layout.Kernel);
        Assert.Equal((0x4a00UL, 0x4a01UL, 0x4a02UL), (layout.StartInfo, layout.Xenstore, layout.Console));
        Assert.Equal(new PageRun(0x4a03, 0x29), layout.PageTables);
        Assert.Equal(0x4a2cUL, layout.BootStack);
        Assert.Equal(0xffffffff84c00000, layout.MappedEnd);
        Assert.True(layout.RamdiskUnmapped);
        Assert.Equal(new PageRun(0x4c00, 0x315), layout.Ramdisk);
        Assert.Equal(new PageRun(0x4f15, 0x83), layout.P2MList);
        Assert.Equal(0x8000000000UL, layout.P2MAddress);
    }

    [Fact]
    public void Without_INIT_P2M_list_and_ramdisk_are_in_the_initial_mapping()
    {
        var kernel = XenKernel.Read(
            new ElfBuilder().Load(0x100000, [1], 0x10000).Note(ElfNote.Loader, "generic").Note(ElfNote.XenVersion, "xen-3.0")
                .Note(ElfNote.Entry, 0x100000).Build(),
            "kernel test");
        var layout = Layout.Plan(kernel, 5000, 4096, "test");

        Assert.Equal(new PageRun(0x100, 0x10), layout.Kernel);
        Assert.Equal(new PageRun(0x110, 2), layout.Ramdisk);
        Assert.Equal(new PageRun(0x112, 8), layout.P2MList);
        Assert.Equal(0x112000UL, layout.P2MAddress);
        Assert.Equal(0x11aUL, layout.StartInfo);
        Assert.Equal(0UL, layout.MappedEnd % (4 << 20));
    }

    [Fact]
    public void In_a_small_domain_ramdisk_and_list_lie_below_the_kernel()
    {
        var kernel = XenKernel.Read(new ElfBuilder().Load(0x1000000, [1], 0x2e00000).LinuxNotes(0xffffffff81000000).Build(), "kernel test");
        var layout = Layout.Plan(kernel, 0x200000, 64 << 8, "test");

        Assert.Equal(64UL << 8, layout.UsedPages);
        Assert.Equal(new PageRun(0x100, 0x200), layout.Ramdisk);
        Assert.Equal(new PageRun(0x300, 0x23), layout.P2MList);
    }

    [Fact]
    public void Too_little_memory_names_how_much_is_needed()
    {
        var error = Assert.Throws<BootException>(() => Layout.Plan(Debian61(), 0, 64 << 8, "kernel /boot/vmlinuz"));

        Assert.Contains("kernel /boot/vmlinuz: needs at least 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("the domain has 64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Boot_page_tables_map_every_address_and_their_own_pages_read_only()
    {
        var layout = Layout.Plan(Debian61(), 0x314a10, 0x10000, "test");
        var tables = new Dictionary<ulong, ulong[]>();
        BootPageTables.Build(layout.Mappings, pfn => pfn + 0x5000, (pfn, entries) => tables.Add(pfn + 0x5000, entries.ToArray()));

        Assert.Equal(0x29 + 3, tables.Count);
        for (ulong pfn = 0; pfn < 0x4c00; pfn += 7)
        {
            Assert.Equal(pfn + 0x5000, Walk(tables, layout, layout.AddressOf(pfn), out var writable));
            Assert.Equal(!tables.ContainsKey(pfn + 0x5000), writable);
        }

        for (ulong page = 0; page < 0x80; page++)
        {
            Assert.Equal(layout.P2MList.First + page + 0x5000, Walk(tables, layout, 0x8000000000 + (page << 12), out _));
        }

        Assert.Equal(0UL, Walk(tables, layout, layout.MappedEnd, out _));
    }

    private static ulong Walk(Dictionary<ulong, ulong[]> tables, Layout layout, ulong address, out bool writable)
    {
        var mfn = layout.PageTables.First + 0x5000;
        ulong entry = 0;
        for (var shift = 39; shift >= 12; shift -= 9)
        {
            entry = tables[mfn][(address >> shift) & 511];
            if ((entry & 1) == 0)
            {
                writable = false;
                return 0;
            }

            mfn = (entry & 0xffffffffff000) >> 12;
        }

        writable = (entry & 2) != 0;
        return mfn;
    }
}
