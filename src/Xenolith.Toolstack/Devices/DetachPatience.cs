namespace Xenolith.Toolstack.Devices;

/// <summary>What a removal does about a guest that does not let go of a device.</summary>
public enum DetachPatience
{
    /// <summary>Waits, then fails; the device goes when the guest lets go of it (<c>xl block-detach</c>).</summary>
    ThenFail,

    /// <summary>Waits, then takes it away all the same (<c>xl network-detach</c>).</summary>
    ThenForce,

    /// <summary>Does not ask the guest (<c>--force</c>).</summary>
    None,
}
