namespace Xenolith.Toolstack.Devices;

/// <summary>The states of the two halves of a device (xen/include/public/io/xenbus.h).</summary>
internal enum XenbusState
{
    /// <summary>No state, or none that is known: the half does not exist.</summary>
    Unknown = 0,

    /// <summary>It exists and looks at its surroundings.</summary>
    Initialising = 1,

    /// <summary>The backend has said what it offers and waits for the frontend.</summary>
    InitWait = 2,

    /// <summary>The frontend has made its rings and waits for the backend.</summary>
    Initialised = 3,

    /// <summary>It serves.</summary>
    Connected = 4,

    /// <summary>It wants to end, or was asked to.</summary>
    Closing = 5,

    /// <summary>It has ended; it may begin again.</summary>
    Closed = 6,
}
