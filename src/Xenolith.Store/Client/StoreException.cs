using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>The store refused a request.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Makes the exception for a refused request.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="subject">The path, or whatever else it was asked of.</param>
    /// <param name="error">The store's answer.</param>
    public StoreException(MessageType request, string subject, StoreError error)
        : base($"xenstore {request} {subject}: {Meaning(error)} ({error})")
    {
        Error = error;
        Subject = subject;
    }

    /// <summary>The store's answer.</summary>
    public StoreError Error { get; }

    /// <summary>The path, or whatever else it was asked of.</summary>
    public string Subject { get; }

    private static string Meaning(StoreError error) => error switch
    {
        StoreError.EINVAL => "the request or its path is malformed",
        StoreError.EACCES => "the node's permissions forbid it",
        StoreError.EEXIST => "it exists already",
        StoreError.ENOENT => "there is no such thing",
        StoreError.ENOSPC => "a quota of the domain is used up",
        StoreError.EAGAIN => "the transaction met a conflicting change",
        StoreError.E2BIG => "it is too large for one message",
        StoreError.EPERM => "only the control domain may change an owner",
        StoreError.EBUSY => "it is in use",
        StoreError.EIO => "the store could not record the change; is the disk of the run directory full?",
        _ => "the store refused",
    };
}
