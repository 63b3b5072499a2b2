using Xenolith.Store.Permissions;
using Xenolith.Store.Tree;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>A request about nodes, with everything it may touch: the same code answers it on the store's tree, in a transaction and when a commit repeats it.</summary>
internal readonly ref struct NodeCall
{
    /// <summary>What is asked.</summary>
    public required MessageType Type { get; init; }

    /// <summary>The request's payload.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>In whose name.</summary>
    public required Actor Actor { get; init; }

    /// <summary>The domain whose quotas count, null for the control domain.</summary>
    public required Domain? Domain { get; init; }

    /// <summary>The tree that is read and changed.</summary>
    public required StoreTree Tree { get; init; }

    /// <summary>Who hears of changes.</summary>
    public required IChangeSink Sink { get; init; }

    /// <summary>Where the reply goes, unless there is an error.</summary>
    public required Reply Reply { get; init; }
}
