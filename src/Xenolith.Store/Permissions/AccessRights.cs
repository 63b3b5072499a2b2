namespace Xenolith.Store.Permissions;

/// <summary>What a domain may do with a node.</summary>
[Flags]
public enum AccessRights : byte
{
    /// <summary>Nothing ('n').</summary>
    None = 0,

    /// <summary>Read value, children and permissions ('r').</summary>
    Read = 1,

    /// <summary>Write, and create or remove children ('w').</summary>
    Write = 2,

    /// <summary>Both ('b').</summary>
    Both = Read | Write,

    /// <summary>Change the permissions: never stored, the owner and the control domain have it.</summary>
    Owner = 4,
}
