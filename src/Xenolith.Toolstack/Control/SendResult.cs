namespace Xenolith.Toolstack.Control;

/// <summary>What became of a message that was offered without waiting.</summary>
internal enum SendResult
{
    /// <summary>It is on its way.</summary>
    Sent,

    /// <summary>The peer has not taken what it was sent before; there is no room.</summary>
    Full,

    /// <summary>The peer is gone.</summary>
    Gone,
}
