namespace Xenolith.Machine.Grants;

/// <summary>GNTMAP_* of public/grant_table.h.</summary>
internal static class GrantMapFlags
{
    /// <summary>For a device: a bus address, no mapping.</summary>
    public const uint Device = 1;

    /// <summary>For the caller's own address space.</summary>
    public const uint Host = 2;

    /// <summary>Not for writing.</summary>
    public const uint ReadOnly = 4;

    /// <summary>The guest's user mode may use it too.</summary>
    public const uint Application = 8;

    /// <summary>The address is the machine address of a page-table entry, not a virtual one.</summary>
    public const uint ContainsEntry = 16;

    /// <summary>Where three bits for the guest's own use in the entry begin.</summary>
    public const int AvailableShift = 16;
}
