namespace Xenolith.Config.Keys;

/// <summary>The kinds of guests to which a key means something.</summary>
[Flags]
public enum GuestTypes
{
    /// <summary>Paravirtualised guests.</summary>
    Pv = 1,

    /// <summary>PVH guests.</summary>
    Pvh = 2,

    /// <summary>Fully virtualised guests.</summary>
    Hvm = 4,

    /// <summary>Guests of ARM hosts; never ours.</summary>
    Arm = 8,

    /// <summary>All guests of x86 hosts.</summary>
    All = Pv | Pvh | Hvm,
}
