namespace Xenolith.Boot.StartOfDay;

/// <summary>What the rest of the host must know of a domain that was built.</summary>
/// <param name="ConsoleMfn">Machine frame of the console ring.</param>
/// <param name="StoreMfn">Machine frame of the xenstore ring.</param>
/// <param name="GuestOs">GUEST_OS of the kernel.</param>
public sealed record BuiltDomain(ulong ConsoleMfn, ulong StoreMfn, string GuestOs);
