namespace Xenolith.Machine.Mmu;

/// <summary>Whose page tables or frames a memory hypercall names, as far as an unprivileged domain may (Xen's get_pg_owner and its default policy).</summary>
internal enum ForeignDomain
{
    /// <summary>The caller.</summary>
    Self,

    /// <summary>DOMID_IO: device memory, of which the caller has none.</summary>
    Io,

    /// <summary>A domain that exists and is not the caller's business: -EPERM at the first operation.</summary>
    Refused,

    /// <summary>No such domain: -ESRCH.</summary>
    Unknown,
}

/// <summary>Reads domain ids.</summary>
internal static class ForeignDomains
{
    private const uint SelfId = 0x7ff0, IoId = 0x7ff1, XenId = 0x7ff2;

    /// <summary>For mmu_update's and its kin's frame owner, where a domain may not name itself by number.</summary>
    public static ForeignDomain OfFrames(Vcpu vcpu, ushort id) => id switch
    {
        (ushort)SelfId => ForeignDomain.Self,
        (ushort)IoId => ForeignDomain.Io,
        (ushort)XenId or 0 => ForeignDomain.Refused,
        _ => ForeignDomain.Unknown,
    };

    /// <summary>For memory_op and page-table owners, where a domain may name itself by number.</summary>
    public static ForeignDomain OfAny(Vcpu vcpu, ushort id) =>
        id == SelfId || id == vcpu.Domain.Id ? ForeignDomain.Self : id == 0 ? ForeignDomain.Refused : ForeignDomain.Unknown;
}
