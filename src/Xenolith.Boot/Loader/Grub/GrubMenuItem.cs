namespace Xenolith.Boot.Loader.Grub;

/// <summary>An entry or submenu that a script has made.</summary>
/// <param name="Title">What a person sees.</param>
/// <param name="Id">Its <c>--id</c>, or null.</param>
/// <param name="Body">What it does when it is chosen.</param>
/// <param name="Children">The items of a submenu; null for an entry.</param>
internal sealed record GrubMenuItem(string Title, string? Id, IReadOnlyList<GrubStatement> Body, IReadOnlyList<GrubMenuItem>? Children);
