using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Boot.Notes;
using Xenolith.Engine;
using Xenolith.Machine;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Boot.StartOfDay;

/// <summary>
/// Fills a new, paused domain: gives it its memory, lays kernel, ramdisk and start-of-day structures out as Xen does, checks and pins the
/// boot page tables, and sets vCPU 0 on the kernel's first instruction. One thread; the domain has not run yet.
/// </summary>
public static class DomainBuilder
{
    private const int PageSize = MachineFrames.PageSize;
    private const ulong SuperpageFrames = 512;
    private const int ReservedGrantConsole = 0, ReservedGrantStore = 1;

    /// <summary>Smallest stretch of memory that makes sense to try, in frames.</summary>
    private const ulong MinimumPages = 1024;

    /// <summary>Builds.</summary>
    /// <param name="domain">A domain whose memory is still empty.</param>
    /// <param name="image">What to start in it.</param>
    /// <exception cref="BootException">The kernel is no PV kernel, or the memory is too small.</exception>
    public static BuiltDomain Build(Domain domain, DomainImage image)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(image);
        StartInfoPage.CheckCommandLine(image.CommandLine);
        var kernel = XenKernel.Read(image.Kernel.Bytes, image.KernelName);
        var pages = Math.Max(image.Pages, MinimumPages);
        var layout = Layout.Plan(kernel, (ulong)(image.Ramdisk?.Length ?? 0), pages, image.KernelName);
        if (!domain.Memory.TryAllocate(pages, SuperpageFrames, out var firstMfn))
        {
            throw new BootException("memory", $"{pages >> 8} MiB were not to be had from the domain's own allowance", "Set maxmem to at least memory");
        }

        var memory = new PhysicalMemory(domain.Frames, firstMfn);
        for (ulong pfn = 0; pfn < pages; pfn++)
        {
            domain.Memory.MachineToPhys.Set(memory.FrameOf(pfn), pfn);
        }

        KernelLoader.Load(kernel, image.Kernel.Bytes, memory, image.KernelName);
        if (image.Ramdisk is { Length: > 0 } ramdisk)
        {
            memory.Write(layout.Ramdisk.First * PageSize, ramdisk.Bytes);
        }

        WriteP2M(memory, layout);
        BootPageTables.Build(layout.Mappings, memory.FrameOf, (pfn, entries) => memory.Write(pfn * PageSize, MemoryMarshal.AsBytes(entries)));
        memory.Write(layout.StartInfo * PageSize, StartInfoPage.Build(layout, image, domain.SharedInfoMfn, memory.FrameOf));
        WriteHypercallPage(kernel, memory, image.KernelName);

        domain.Grants.SeedReserved(ReservedGrantConsole, memory.FrameOf(layout.Console));
        domain.Grants.SeedReserved(ReservedGrantStore, memory.FrameOf(layout.Xenstore));

        var root = memory.FrameOf(layout.PageTables.First);
        domain.Mmu.PinInitialTables(root);
        Enter(domain.Vcpus[0], kernel, layout, root);
        return new BuiltDomain(memory.FrameOf(layout.Console), memory.FrameOf(layout.Xenstore), kernel.Parameters.GuestOs);
    }

    private static void WriteP2M(PhysicalMemory memory, Layout layout)
    {
        const int EntriesPerPage = PageSize / sizeof(ulong);
        Span<ulong> entries = stackalloc ulong[EntriesPerPage];
        for (ulong first = 0; first < layout.TotalPages; first += EntriesPerPage)
        {
            var count = (int)Math.Min(EntriesPerPage, layout.TotalPages - first);
            for (var i = 0; i < count; i++)
            {
                entries[i] = memory.FrameOf(first + (ulong)i);
            }

            memory.Write((layout.P2MList.First * PageSize) + (first * sizeof(ulong)), MemoryMarshal.AsBytes(entries[..count]));
        }
    }

    private static void WriteHypercallPage(XenKernel kernel, PhysicalMemory memory, string thing)
    {
        if (kernel.Parameters.HypercallPage is not { } address)
        {
            return;
        }

        if (address < kernel.Start || address >= kernel.End || (address & (PageSize - 1)) != 0)
        {
            throw new BootException(
                thing, $"its hypercall page {address:x} lies outside the kernel {kernel.Start:x}..{kernel.End:x}", "The file is damaged; use another kernel");
        }

        Span<byte> page = stackalloc byte[PageSize];
        HypercallPage.Write(page);
        memory.Write(address - kernel.VirtBase, page);
    }

    private static void Enter(Vcpu vcpu, XenKernel kernel, Layout layout, ulong root)
    {
        vcpu.InitialiseForBoot(kernel.Entry, layout.AddressOf(layout.BootStack + 1), layout.AddressOf(layout.StartInfo));
        var error = vcpu.SetInitialRoots(root);
        if (error != 0)
        {
            throw new InvalidOperationException($"the boot page tables were refused as vCPU 0's address space (error {-error})");
        }

        vcpu.BringUp();
    }
}
