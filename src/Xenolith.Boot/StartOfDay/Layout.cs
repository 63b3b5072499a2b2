using Xenolith.Boot.Notes;

namespace Xenolith.Boot.StartOfDay;

/// <summary>
/// Where everything lies when a PV kernel starts: xen/include/public/xen.h, "Start-of-day memory layout", in the order in which Xen's own
/// domain builder allocates. Pure arithmetic; nothing is written here.
/// </summary>
internal sealed class Layout
{
    private const ulong PageSize = 4096, SlackPages = (512 << 10) / PageSize, InitialAlignment = 4 << 20;

    /// <summary>Kernels reserve the first mebibyte, where a PC has its ROMs.</summary>
    private const ulong FirstPlainFrame = 0x100;

    private readonly ulong _virtBase;

    private Layout(ulong virtBase) => _virtBase = virtBase;

    /// <summary>Frames the domain has.</summary>
    public ulong TotalPages { get; private init; }

    /// <summary>The kernel and its symbols.</summary>
    public PageRun Kernel { get; private set; }

    /// <summary>The ramdisk; no pages without one.</summary>
    public PageRun Ramdisk { get; private set; }

    /// <summary>True if the ramdisk lies behind the initial mapping, so mod_start is a frame number.</summary>
    public bool RamdiskUnmapped { get; private set; }

    /// <summary>The p2m list, followed by its own page tables if it is mapped elsewhere.</summary>
    public PageRun P2MList { get; private set; }

    /// <summary>Virtual address of the p2m list.</summary>
    public ulong P2MAddress { get; private set; }

    /// <summary>True if the p2m list is mapped where INIT_P2M said.</summary>
    public bool P2MElsewhere { get; private set; }

    /// <summary>The start_info page.</summary>
    public ulong StartInfo { get; private set; }

    /// <summary>The xenstore ring's page.</summary>
    public ulong Xenstore { get; private set; }

    /// <summary>The console ring's page.</summary>
    public ulong Console { get; private set; }

    /// <summary>Page tables of the initial mapping; the first is the L4.</summary>
    public PageRun PageTables { get; private set; }

    /// <summary>The boot stack's page.</summary>
    public ulong BootStack { get; private set; }

    /// <summary>Behind the last address of the initial mapping.</summary>
    public ulong MappedEnd { get; private set; }

    /// <summary>What the boot page tables map.</summary>
    public IReadOnlyList<Mapping> Mappings { get; private set; } = [];

    /// <summary>Frames that anything was put into, or that the initial mapping shows.</summary>
    public ulong UsedPages { get; private set; }

    /// <summary>Virtual address of a frame in the initial mapping.</summary>
    public ulong AddressOf(ulong pfn) => unchecked(_virtBase + (pfn * PageSize));

    /// <summary>Plans a domain.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="ramdiskBytes">Bytes of ramdisk, 0 for none.</param>
    /// <param name="totalPages">Frames the domain gets.</param>
    /// <param name="thing">What to call it in errors.</param>
    /// <exception cref="BootException">Too little memory.</exception>
    public static Layout Plan(XenKernel kernel, ulong ramdiskBytes, ulong totalPages, string thing)
    {
        var layout = new Layout(kernel.VirtBase) { TotalPages = totalPages };
        var next = (kernel.Start - kernel.VirtBase) / PageSize;
        layout.Kernel = Take(ref next, PagesOf(kernel.End - (kernel.Start & ~(PageSize - 1))));

        layout.RamdiskUnmapped = kernel.Parameters.RamdiskMayBeUnmapped && ramdiskBytes > 0;
        if (!layout.RamdiskUnmapped)
        {
            layout.Ramdisk = Take(ref next, PagesOf(ramdiskBytes));
        }

        var listPages = PagesOf(totalPages * sizeof(ulong));
        layout.P2MElsewhere = kernel.P2MBase is not null;
        if (!layout.P2MElsewhere)
        {
            layout.P2MList = Take(ref next, listPages);
            layout.P2MAddress = layout.AddressOf(layout.P2MList.First);
        }

        layout.StartInfo = next++;
        layout.Xenstore = next++;
        layout.Console = next++;
        layout.PlanInitialMapping(ref next);

        layout.PlanUnmapped(ref next, kernel, PagesOf(ramdiskBytes), listPages);
        if (next > totalPages)
        {
            throw new BootException(
                thing,
                $"needs at least {Mebibytes(next)} MiB of memory to start (kernel {Mebibytes(layout.Kernel.Count)}, ramdisk {Mebibytes(PagesOf(ramdiskBytes))}), the domain has {totalPages >> 8}",
                $"Set memory to {Mebibytes(next) + 32} or more");
        }

        layout.UsedPages = next;
        return layout;
    }

    /// <summary>
    /// What lies outside the initial mapping: behind it, as under Xen. In a domain too small for that, in the frames below the kernel, which
    /// Xen leaves empty: so a kernel linked at 16 MiB still starts in 64.
    /// </summary>
    private void PlanUnmapped(ref ulong next, XenKernel kernel, ulong ramdiskPages, ulong listPages)
    {
        var place = next;
        var tables = kernel.P2MBase is { } at ? Mapping.Plan(at, at + (listPages * PageSize) - 1, 0, 0, Mappings).TableCount : 0;
        var needed = (RamdiskUnmapped ? ramdiskPages : 0) + (P2MElsewhere ? listPages + tables : 0);
        var below = next + needed > TotalPages && next <= TotalPages && FirstPlainFrame + needed <= Kernel.First;
        if (below)
        {
            place = FirstPlainFrame;
        }

        if (RamdiskUnmapped)
        {
            Ramdisk = Take(ref place, ramdiskPages);
        }

        if (kernel.P2MBase is { } p2mBase)
        {
            var list = Mapping.Plan(p2mBase, p2mBase + (listPages * PageSize) - 1, place, place + listPages, Mappings);
            Mappings = [.. Mappings, list];
            P2MList = Take(ref place, listPages + list.TableCount);
            P2MAddress = p2mBase;
        }

        if (!below)
        {
            next = place;
        }
    }

    private void PlanInitialMapping(ref ulong next)
    {
        var extra = 1 + SlackPages;
        var pages = extra;
        Mapping mapping;
        for (; ; )
        {
            var end = RoundUp(AddressOf(next + pages), InitialAlignment);
            mapping = Mapping.Plan(_virtBase, end - 1, 0, next, []);
            pages = mapping.TableCount + extra;
            MappedEnd = end;
            if (AddressOf(next + pages) - 1 <= end - 1)
            {
                break;
            }
        }

        Mappings = [mapping];
        PageTables = Take(ref next, mapping.TableCount);
        BootStack = next++;
        next = unchecked(MappedEnd - _virtBase) / PageSize;
    }

    private static PageRun Take(ref ulong next, ulong count)
    {
        var run = new PageRun(next, count);
        next += count;
        return run;
    }

    private static ulong PagesOf(ulong bytes) => (bytes + PageSize - 1) / PageSize;

    private static ulong RoundUp(ulong value, ulong alignment) => unchecked(value + alignment - 1) & ~(alignment - 1);

    private static ulong Mebibytes(ulong pages) => (pages + 255) >> 8;
}
