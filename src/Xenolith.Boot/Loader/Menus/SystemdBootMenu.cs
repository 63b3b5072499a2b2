using Xenolith.Boot.Loader.Grub;

namespace Xenolith.Boot.Loader.Menus;

/// <summary>
/// The menu of systemd-boot: <c>loader.conf</c>, and beside it the entries of the Boot Loader Specification, which GRUB's <c>blscfg</c> reads too.
/// </summary>
internal static class SystemdBootMenu
{
    /// <summary>Reads the text of a menu.</summary>
    public static BootMenu Read(string text, MenuSource source)
    {
        var wanted = text.Split('\n').Select(l => l.Trim().Split((char[])[' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(words => words is ["default", _])?[1].Trim() ?? string.Empty;
        // Patterns (`debian-*') and `@saved' come down to the newest entry, which is the first one.
        var id = wanted.EndsWith(".conf", StringComparison.Ordinal) && wanted.IndexOfAny(['*', '?', '[', '\'']) < 0 ? wanted[..^".conf".Length] : "0";
        return GrubMenu.Read($"set default='{id}'\nblscfg\n", source);
    }
}
