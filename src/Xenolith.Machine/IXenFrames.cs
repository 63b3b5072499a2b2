namespace Xenolith.Machine;

/// <summary>
/// Where the machine gets frames that belong to the hypervisor but that the guest may map (shared_info, grant tables): part of the domain's
/// <see cref="Xenolith.Engine.MachineFrames"/>, never part of its RAM. Any thread.
/// </summary>
public interface IXenFrames
{
    /// <summary>Takes a zeroed frame.</summary>
    /// <param name="mfn">Its machine frame number.</param>
    /// <param name="page">Its host address.</param>
    /// <returns>False when there are none left.</returns>
    bool TryAllocate(out ulong mfn, out nint page);
}
