using Xenolith.Abi.Boot;
using Xenolith.Boot.Elf;

namespace Xenolith.Boot.Notes;

/// <summary>
/// A PV kernel, checked: what of its file goes where, in the terms of the domain builder. Addresses follow Xen's rules and defaults
/// (virtual = physical in the ELF file - PADDR_OFFSET + VIRT_BASE).
/// </summary>
internal sealed class XenKernel
{
    private const uint WhatPvOffers = (1u << XenFeature.WritablePageTables) | (1u << XenFeature.WritableDescriptorTables)
        | (1u << XenFeature.PaePgdirAbove4Gb);

    private XenKernel(ElfImage elf, XenParameters parameters)
    {
        Elf = elf;
        Parameters = parameters;
    }

    /// <summary>The file's headers.</summary>
    public ElfImage Elf { get; }

    /// <summary>What the kernel said.</summary>
    public XenParameters Parameters { get; }

    /// <summary>Virtual address of pseudo-physical address 0.</summary>
    public ulong VirtBase { get; private init; }

    /// <summary>What to add to a physical address of the ELF file to get the virtual one.</summary>
    public ulong VirtOffset { get; private init; }

    /// <summary>First byte of the kernel, virtual.</summary>
    public ulong Start { get; private init; }

    /// <summary>Behind its last byte, symbols included.</summary>
    public ulong End { get; private init; }

    /// <summary>First instruction.</summary>
    public ulong Entry { get; private init; }

    /// <summary>The symbol table to load behind the kernel, or null.</summary>
    public BsdSymbols? Symbols { get; private init; }

    /// <summary>Where the p2m list is to be mapped; null: in the initial mapping. Ignored unless page-aligned and below the kernel.</summary>
    public ulong? P2MBase => Parameters.InitP2M is { } at && at < VirtBase && (at & 0xfff) == 0 ? at : null;

    /// <summary>Reads and checks a kernel.</summary>
    /// <exception cref="BootException">Not for Xen PV, not for this machine, or contradicting itself.</exception>
    public static XenKernel Read(ReadOnlySpan<byte> file, string thing)
    {
        var elf = ElfImage.Read(file, thing);
        var parameters = ElfNotes.Read(elf, file) ?? GuestString.Read(elf, file) ?? throw new BootException(
            thing,
            "has no Xen notes, so it was built without PV support",
            "Use a kernel with CONFIG_XEN_PV (Debian's amd64 kernels have it), or wait for HVM");
        CheckMachine(elf, thing);
        CheckPv(parameters, thing);
        return Place(elf, parameters, file, thing);
    }

    private static void CheckMachine(ElfImage elf, string thing)
    {
        switch (elf.Machine)
        {
            case ElfImage.MachineX64 when elf.Is64:
                return;
            case ElfImage.MachineX86:
                throw new BootException(
                    thing, "is a 32-bit kernel, and 32-bit PV domains are not supported yet", "Use the amd64 kernel of the same system");
            default:
                throw new BootException(thing, $"is for another machine (ELF machine {elf.Machine})", "Use a kernel for amd64");
        }
    }

    private static void CheckPv(XenParameters parameters, string thing)
    {
        if (parameters.Phys32Entry is not null && parameters.XenVersion.Length == 0)
        {
            throw new BootException(
                thing, "can start as PVH only (its only Xen note is PHYS32_ENTRY)", "Use a kernel with CONFIG_XEN_PV; PVH domains are not supported yet");
        }

        if (!parameters.Loader.StartsWith("generic", StringComparison.Ordinal)
            && !parameters.GuestOs.StartsWith("linux", StringComparison.Ordinal))
        {
            throw new BootException(
                thing, $"wants the loader '{parameters.Loader}' (guest '{parameters.GuestOs}')", "Only kernels for Xen's generic loader can be started");
        }

        if (!parameters.XenVersion.StartsWith("xen-3.0", StringComparison.Ordinal))
        {
            throw new BootException(
                thing, $"is built for Xen interface '{parameters.XenVersion}'", "Only kernels for xen-3.0 (Xen 3 and later) can be started");
        }

        if ((parameters.RequiredFeatures & (1u << XenFeature.Dom0)) != 0)
        {
            throw new BootException(thing, "runs only as the control domain (it requires the feature dom0)", "Use a kernel for guests");
        }

        var missing = parameters.RequiredFeatures & ~WhatPvOffers;
        var name = parameters.UnknownRequirement ?? XenFeature.Names.FirstOrDefault(n => (missing >> n.Value & 1) != 0).Key;
        if (name is not null)
        {
            throw new BootException(thing, $"requires the feature {name}, which PV domains do not have", "Use a kernel with CONFIG_XEN_PV");
        }
    }

    private static XenKernel Place(ElfImage elf, XenParameters parameters, ReadOnlySpan<byte> file, string thing)
    {
        ulong low = ulong.MaxValue, high = 0;
        foreach (var segment in elf.Segments.Where(s => s.IsLoad))
        {
            if (segment.FileSize > segment.MemorySize || segment.PhysicalAddress + segment.MemorySize < segment.PhysicalAddress)
            {
                throw Contradiction(thing, "a segment is larger in the file than in memory, or wraps around");
            }

            low = Math.Min(low, segment.PhysicalAddress);
            high = Math.Max(high, segment.PhysicalAddress + segment.MemorySize);
        }

        if (low >= high)
        {
            throw Contradiction(thing, "there is no segment to load");
        }

        if (parameters.PaddrOffset is not null && parameters.VirtBase is null)
        {
            throw Contradiction(thing, "PADDR_OFFSET is given, VIRT_BASE is not");
        }

        var virtBase = parameters.VirtBase ?? 0;
        var paddrOffset = parameters.PaddrOffset ?? (parameters.FromGuestString ? virtBase : 0);
        var offset = unchecked(virtBase - paddrOffset);
        var symbols = parameters.WantsSymbols ? BsdSymbols.Find(elf, file, high) : null;
        var start = unchecked(low + offset);
        var end = unchecked((symbols?.End ?? high) + offset);
        var entry = parameters.VirtEntry ?? elf.Entry;
        if (start > end || entry < start || entry >= end || virtBase > start || end - start > KernelMaximum)
        {
            throw Contradiction(thing, $"kernel {start:x}..{end:x}, entry {entry:x} and VIRT_BASE {virtBase:x} do not fit together");
        }

        if (parameters.InitP2M is { } p2m && p2m >= start && p2m < end)
        {
            throw Contradiction(thing, $"INIT_P2M {p2m:x} lies inside the kernel");
        }

        return new XenKernel(elf, parameters)
        {
            VirtBase = virtBase,
            VirtOffset = offset,
            Start = start,
            End = end,
            Entry = entry,
            Symbols = symbols,
        };
    }

    private const ulong KernelMaximum = 1UL << 32;

    private static BootException Contradiction(string thing, string what) =>
        new(thing, $"its notes contradict its segments: {what}", "The file is damaged or not for Xen; use another kernel");
}
