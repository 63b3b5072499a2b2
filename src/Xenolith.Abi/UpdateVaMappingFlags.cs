namespace Xenolith.Abi;

/// <summary>The flags argument of update_va_mapping (UVMF_*): what to flush in bits 0..1, on which vCPUs in the rest.</summary>
public static class UpdateVaMappingFlags
{
    /// <summary>Flush whole TLBs.</summary>
    public const ulong TlbFlush = 1;

    /// <summary>Flush the one page.</summary>
    public const ulong Invlpg = 2;

    /// <summary>The bits that say what to flush; none of them: nothing.</summary>
    public const ulong FlushTypeMask = 3;

    /// <summary>With the type removed: this vCPU.</summary>
    public const ulong Local = 0;

    /// <summary>With the type removed: all vCPUs. Any other value is the address of a bitmap.</summary>
    public const ulong All = 4;
}
