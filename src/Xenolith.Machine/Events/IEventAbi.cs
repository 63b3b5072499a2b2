namespace Xenolith.Machine.Events;

/// <summary>How pending and masked ports are laid out in shared memory: 2-level or FIFO. Any thread.</summary>
internal interface IEventAbi
{
    /// <summary>Ports that the layout can hold.</summary>
    uint Limit { get; }

    /// <summary>Makes a port pending and tells its vCPU if it is not masked.</summary>
    void SetPending(EventPort port);

    /// <summary>Takes a pending event away.</summary>
    void ClearPending(EventPort port);

    /// <summary>Clears the mask and delivers what waited.</summary>
    void Unmask(EventPort port);

    /// <summary>True if an event is pending, masked or not.</summary>
    bool IsPending(EventPort port);

    /// <summary>True if the port may not be given out again yet.</summary>
    bool IsBusy(EventPort port);
}
