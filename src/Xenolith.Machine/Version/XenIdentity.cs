namespace Xenolith.Machine.Version;

/// <summary>What we say we are: the Xen release whose behaviour we follow, under our own name.</summary>
public static class XenIdentity
{
    /// <summary>Major version.</summary>
    public const int Major = 4;

    /// <summary>Minor version.</summary>
    public const int Minor = 17;

    /// <summary>What follows the two numbers (at most 15 characters).</summary>
    public const string Extra = ".7-xenolith";

    /// <summary>What built us.</summary>
    public const string Compiler = "C# (.NET NativeAOT)";

    /// <summary>Who.</summary>
    public const string CompiledBy = "xenolith";

    /// <summary>In which DNS domain.</summary>
    public const string CompileDomain = "";

    /// <summary>When: builds are reproducible, so the release it follows.</summary>
    public const string CompileDate = "Xen 4.17";

    /// <summary>Guest types that work, each followed by a space.</summary>
    public const string Capabilities = "xen-3.0-x86_64 ";

    /// <summary>Changeset.</summary>
    public const string Changeset = "";

    /// <summary>XENFEAT bits of submap 0: pae_pgdir_above_4gb, mmu_pt_update_preserve_ad, highmem_assist, gnttab_map_avail_bits, memory_op_vnode_supported, direct_mapped.</summary>
    public const uint Features = 0x0002_20f0;
}
