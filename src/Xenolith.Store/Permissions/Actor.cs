namespace Xenolith.Store.Permissions;

/// <summary>In whose name a request is made.</summary>
/// <param name="Domid">The domain; 0 is the control domain.</param>
/// <param name="Target">A domain whose rights it has too (SET_TARGET), or its own id.</param>
internal readonly record struct Actor(ushort Domid, ushort Target)
{
    /// <summary>The control domain, whom no permission and no quota stops.</summary>
    public static Actor Control => new(0, 0);

    /// <summary>Whether this is the control domain.</summary>
    public bool IsPrivileged => Domid == 0;

    /// <summary>Whether a permission for that domain is one for this actor.</summary>
    public bool Is(ushort domid) => domid == Domid || domid == Target;
}
