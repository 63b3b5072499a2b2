namespace Xenolith.Store.Wire;

/// <summary>The request and reply types of the store's wire protocol (io/xs_wire.h, docs/misc/xenstore.txt).</summary>
public enum MessageType : uint
{
    /// <summary>A command to the daemon itself; privileged.</summary>
    Control = 0,

    /// <summary>The names of a node's children.</summary>
    Directory = 1,

    /// <summary>A node's value.</summary>
    Read = 2,

    /// <summary>A node's permissions.</summary>
    GetPermissions = 3,

    /// <summary>Ask for events at and below a path.</summary>
    Watch = 4,

    /// <summary>End a watch.</summary>
    Unwatch = 5,

    /// <summary>Begin a transaction.</summary>
    TransactionStart = 6,

    /// <summary>Commit (T) or abandon (F) a transaction.</summary>
    TransactionEnd = 7,

    /// <summary>A domain's ring is ready; privileged.</summary>
    Introduce = 8,

    /// <summary>A domain is gone; privileged.</summary>
    Release = 9,

    /// <summary>The base of a domain's relative paths.</summary>
    GetDomainPath = 10,

    /// <summary>Set a node's value, creating it and its parents.</summary>
    Write = 11,

    /// <summary>Create a node and its parents.</summary>
    Mkdir = 12,

    /// <summary>Remove a node with everything below it.</summary>
    Remove = 13,

    /// <summary>Replace a node's permissions.</summary>
    SetPermissions = 14,

    /// <summary>Only in replies: a watch has fired.</summary>
    WatchEvent = 15,

    /// <summary>Only in replies: the name of an errno value.</summary>
    Error = 16,

    /// <summary>Whether a domain was introduced; privileged.</summary>
    IsDomainIntroduced = 17,

    /// <summary>A domain that was shut down runs again; privileged.</summary>
    Resume = 18,

    /// <summary>Give a domain the rights of another (a stub domain's guest); privileged.</summary>
    SetTarget = 19,

    /// <summary>Drop all watches and transactions of the caller.</summary>
    ResetWatches = 21,

    /// <summary>A part of a long list of children.</summary>
    DirectoryPart = 22,

    /// <summary>The features of the server, or those shown to a domain.</summary>
    GetFeature = 23,

    /// <summary>Set the features shown to a domain; privileged.</summary>
    SetFeature = 24,

    /// <summary>A quota's value; privileged.</summary>
    GetQuota = 25,

    /// <summary>Set a quota; privileged.</summary>
    SetQuota = 26,
}
