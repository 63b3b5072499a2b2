namespace Xenolith.Abi;

/// <summary>Flags in a grant entry (GTF_* of public/grant_table.h).</summary>
public static class GrantFlags
{
    /// <summary>Which bits are the type.</summary>
    public const ushort TypeMask = 3;

    /// <summary>The frame may be mapped by the domain named.</summary>
    public const ushort PermitAccess = 1;

    /// <summary>Only for reading.</summary>
    public const ushort ReadOnly = 4;

    /// <summary>Mapped for reading now. Set by Xen.</summary>
    public const ushort Reading = 8;

    /// <summary>Mapped for writing now. Set by Xen.</summary>
    public const ushort Writing = 16;

    /// <summary>Version 2: only a part of the page, for copies.</summary>
    public const ushort SubPage = 256;
}
