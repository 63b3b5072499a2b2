namespace Xenolith.Boot.Notes;

/// <summary>
/// What a kernel says about itself to a Xen domain builder, from ELF notes or from the older <c>__xen_guest</c> string. Null where
/// the kernel says nothing.
/// </summary>
internal sealed class XenParameters
{
    /// <summary>Said in a <c>__xen_guest</c> string, whose defaults differ.</summary>
    public bool FromGuestString { get; init; }

    /// <summary>LOADER.</summary>
    public string Loader { get; set; } = string.Empty;

    /// <summary>GUEST_OS.</summary>
    public string GuestOs { get; set; } = string.Empty;

    /// <summary>GUEST_VERSION.</summary>
    public string GuestVersion { get; set; } = string.Empty;

    /// <summary>XEN_VERSION.</summary>
    public string XenVersion { get; set; } = string.Empty;

    /// <summary>VIRT_BASE.</summary>
    public ulong? VirtBase { get; set; }

    /// <summary>ENTRY.</summary>
    public ulong? VirtEntry { get; set; }

    /// <summary>PADDR_OFFSET.</summary>
    public ulong? PaddrOffset { get; set; }

    /// <summary>HYPERCALL_PAGE, as a virtual address.</summary>
    public ulong? HypercallPage { get; set; }

    /// <summary>INIT_P2M.</summary>
    public ulong? InitP2M { get; set; }

    /// <summary>HV_START_LOW.</summary>
    public ulong? HypervisorStartLow { get; set; }

    /// <summary>PHYS32_ENTRY: tells a PVH-only kernel in messages.</summary>
    public ulong? Phys32Entry { get; set; }

    /// <summary>MOD_START_PFN.</summary>
    public bool RamdiskMayBeUnmapped { get; set; }

    /// <summary>BSD_SYMTAB.</summary>
    public bool WantsSymbols { get; set; }

    /// <summary>SUSPEND_CANCEL.</summary>
    public bool SuspendCancel { get; set; }

    /// <summary>L1_MFN_VALID: pairs of mask and value.</summary>
    public IReadOnlyList<(ulong Mask, ulong Value)> L1MfnValid { get; set; } = [];

    /// <summary>PAE mode of a 32-bit kernel, as the kernel put it.</summary>
    public string Pae { get; set; } = string.Empty;

    /// <summary>Bits of the features the kernel can run with.</summary>
    public uint SupportedFeatures { get; set; }

    /// <summary>Bits of the features it cannot run without.</summary>
    public uint RequiredFeatures { get; set; }

    /// <summary>A required feature that nobody knows; null if none.</summary>
    public string? UnknownRequirement { get; set; }

    /// <summary>Takes a FEATURES list: names separated by |, required ones behind a !.</summary>
    public void AddFeatures(string list)
    {
        foreach (var item in list.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var required = item[0] == '!';
            var name = required ? item[1..] : item;
            var known = Abi.Boot.XenFeature.Names.FirstOrDefault(n => n.Key == name);
            if (known.Key is null)
            {
                UnknownRequirement ??= required ? name : null;
                continue;
            }

            SupportedFeatures |= 1u << known.Value;
            RequiredFeatures |= required ? 1u << known.Value : 0;
        }
    }
}
