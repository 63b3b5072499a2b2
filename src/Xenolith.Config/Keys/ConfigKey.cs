namespace Xenolith.Config.Keys;

/// <summary>One key of xl.cfg(5): everything validation, help and docs/support.md say about it comes from here.</summary>
/// <param name="Name">As written in a file.</param>
/// <param name="Type">What values it takes.</param>
/// <param name="Guests">To which guests it means something; for the others it is accepted without effect, as in real xl.</param>
/// <param name="Default">What holds without it, in a few words.</param>
/// <param name="Meaning">What it is for, in one line.</param>
/// <param name="State">What Xenolith does with it.</param>
/// <param name="Reason">Why it has no effect or is refused; null when it works.</param>
public sealed record ConfigKey(
    string Name, KeyType Type, GuestTypes Guests, string Default, string Meaning, KeyState State, string? Reason)
{
    internal static ConfigKey Works(string name, KeyType type, string @default, string meaning, GuestTypes guests = GuestTypes.All)
        => new(name, type, guests, @default, meaning, KeyState.Works, null);

    internal static ConfigKey NoEffect(
        string name, KeyType type, string @default, string meaning, string reason, GuestTypes guests = GuestTypes.All)
        => new(name, type, guests, @default, meaning, KeyState.NoEffect, reason);

    internal static ConfigKey Refused(
        string name, KeyType type, string @default, string meaning, string reason, GuestTypes guests = GuestTypes.All)
        => new(name, type, guests, @default, meaning, KeyState.Refused, reason);
}
