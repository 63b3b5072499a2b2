namespace Xenolith.Translator.Cache;

/// <summary>What one vCPU asks of another's caches.</summary>
internal enum ShootdownKind : byte
{
    /// <summary>Drop everything.</summary>
    FlushAll,

    /// <summary>Drop one page's translations; the value is an address.</summary>
    FlushPage,

    /// <summary>Drop write access to a frame; the value is a frame number.</summary>
    RevokeWrites,

    /// <summary>Drop every access to a frame; the value is a frame number.</summary>
    ForgetFrame,

    /// <summary>Empty the branch hash: mappings of code changed.</summary>
    FlushHash,

    /// <summary>Only come out of emitted code.</summary>
    Stop,
}

/// <summary>A request in a vCPU's queue.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Value">Address or frame number.</param>
internal readonly record struct ShootdownRequest(ShootdownKind Kind, ulong Value);
