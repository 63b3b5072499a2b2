namespace Xenolith.Boot.Loader.Menus;

/// <summary>A file that a menu names.</summary>
/// <param name="Device">The device in the words of the menu (<c>hd0,msdos1</c>), or null for the one the menu lies on.</param>
/// <param name="Path">The path on it.</param>
internal readonly record struct GuestPath(GrubDevice? Device, string Path)
{
    /// <summary>Splits <c>(hd0,1)/boot/vmlinuz</c>; a path without a device gets the given one.</summary>
    /// <param name="text">The words of the menu.</param>
    /// <param name="root">What <c>root</c> is set to.</param>
    /// <param name="legacy">Partitions count from 0.</param>
    public static GuestPath Parse(string text, GrubDevice? root, bool legacy)
    {
        if (!text.StartsWith('(') || text.IndexOf(')') is not (> 0 and var end))
        {
            return new(root, text);
        }

        return new(GrubDevice.Parse(text[1..end], legacy), text[(end + 1)..]);
    }
}
