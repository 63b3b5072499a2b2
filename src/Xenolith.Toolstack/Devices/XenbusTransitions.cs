namespace Xenolith.Toolstack.Devices;

/// <summary>What a backend does next.</summary>
internal enum BackendStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Read what the frontend wrote, map its rings, go to Connected.</summary>
    Connect,

    /// <summary>Answer what is in flight, unmap, go to Closing, so that the frontend may go to Closed.</summary>
    Close,

    /// <summary>The frontend is closed: unmap, go to Closed.</summary>
    Finish,

    /// <summary>A new frontend begins (a boot loader gave way to its kernel, a kernel executed another): unmap, go back to InitWait.</summary>
    Reopen,
}

/// <summary>
/// The backend's half of the xenbus handshake, as a table over both states. It looks at states and not at changes, so that a change that was
/// missed (two writes seen as one event, a restarted store) loses nothing. Compare frontend_changed of Linux's backends.
/// </summary>
internal static class XenbusTransitions
{
    /// <summary>The next step.</summary>
    /// <param name="frontend">The frontend's state.</param>
    /// <param name="backend">Ours.</param>
    public static BackendStep Next(XenbusState frontend, XenbusState backend) => (frontend, backend) switch
    {
        (XenbusState.Initialising, XenbusState.Closed or XenbusState.Connected) => BackendStep.Reopen,
        (XenbusState.Initialised or XenbusState.Connected, XenbusState.InitWait or XenbusState.Closed) => BackendStep.Connect,
        (XenbusState.Closing, XenbusState.InitWait or XenbusState.Connected) => BackendStep.Close,
        (XenbusState.Closed or XenbusState.Unknown, not XenbusState.Closed) => BackendStep.Finish,
        _ => BackendStep.None,
    };
}
