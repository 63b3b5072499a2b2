namespace Xenolith.Store.Journal;

/// <summary>What a record of the journal says: the first byte of its body.</summary>
internal enum RecordKind : byte
{
    /// <summary>A request that changed nodes: u8 type, u16 domain, payload.</summary>
    Node = 1,

    /// <summary>A transaction: u16 domain, u32 id, watcher's name, then for each request u8 type, u16 length, payload.</summary>
    Commit = 2,

    /// <summary>A watch was set: watcher's name, u16 prefix, i32 depth, u16 length of the path, path, token.</summary>
    Watch = 3,

    /// <summary>A watch was ended: watcher's name, u16 length of the path, path, token.</summary>
    Unwatch = 4,

    /// <summary>All watches of a watcher were ended: its name.</summary>
    ResetWatches = 5,

    /// <summary>A domain's state: u16 domain, u8 flags (1 introduced, 2 shut down), u16 target, u32 features.</summary>
    Domain = 6,

    /// <summary>A domain is gone: u16 domain.</summary>
    Release = 7,

    /// <summary>A quota: u16 domain, u8 whether for that domain only, u8 quota, i32 limit.</summary>
    Quota = 8,

    /// <summary>A node as it is: u16 length of the path, path, u8 number of permissions, permissions, value. Only at the start of a journal.</summary>
    Snapshot = 9,
}
