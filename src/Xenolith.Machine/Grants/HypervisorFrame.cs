namespace Xenolith.Machine.Grants;

/// <summary>A hypervisor page that the guest may map.</summary>
/// <param name="Mfn">Its frame.</param>
/// <param name="Page">Its host address.</param>
internal readonly record struct HypervisorFrame(ulong Mfn, nint Page)
{
    public static HypervisorFrame Allocate(Domain domain, bool writable)
    {
        var mfn = domain.Memory.Hypervisor.AllocateShared(writable);
        return new(mfn, domain.Frames.PageOf(mfn));
    }
}
