namespace Xenolith.Abi.Boot;

/// <summary>Numbers of the feature bits that kernels require or support in their notes (xen/include/public/features.h).</summary>
public static class XenFeature
{
    /// <summary>Page tables need not be read-only.</summary>
    public const int WritablePageTables = 0;

    /// <summary>Descriptor tables need not be read-only.</summary>
    public const int WritableDescriptorTables = 1;

    /// <summary>The guest never sees machine frames.</summary>
    public const int AutoTranslatedPhysmap = 2;

    /// <summary>The kernel runs in ring 0.</summary>
    public const int SupervisorModeKernel = 3;

    /// <summary>PAE root tables may lie above 4 GiB.</summary>
    public const int PaePgdirAbove4Gb = 4;

    /// <summary>Events may come through a vector (HVM).</summary>
    public const int HvmCallbackVector = 8;

    /// <summary>The guest is the control domain.</summary>
    public const int Dom0 = 11;

    /// <summary>The names a FEATURES note may hold.</summary>
    public static IReadOnlyList<KeyValuePair<string, int>> Names { get; } =
    [
        new("writable_page_tables", WritablePageTables),
        new("writable_descriptor_tables", WritableDescriptorTables),
        new("auto_translated_physmap", AutoTranslatedPhysmap),
        new("supervisor_mode_kernel", SupervisorModeKernel),
        new("pae_pgdir_above_4gb", PaePgdirAbove4Gb),
        new("hvm_callback_vector", HvmCallbackVector),
        new("dom0", Dom0),
    ];
}
