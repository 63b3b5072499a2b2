namespace Xenolith.Boot.Loader.Menus;

/// <summary>The files in which menus are looked for, in pygrub's order (systemd-boot's, which it does not know, last), and who reads them.</summary>
/// <param name="Path">The file.</param>
/// <param name="Read">Reads its text.</param>
internal sealed record MenuFormat(string Path, Func<string, MenuSource, BootMenu> Read)
{
    /// <summary>Most bytes of a menu.</summary>
    public const long MaximumSize = 1 << 20;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<MenuFormat> All { get; } =
    [
        .. Of(Grub.GrubMenu.Read, "/boot/grub/grub.cfg", "/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub2/grub.cfg"),
        .. Of(
            SyslinuxMenu.Read,
            "/boot/isolinux/isolinux.cfg", "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/extlinux/extlinux.conf", "/extlinux.conf",
            "/boot/syslinux/syslinux.cfg", "/syslinux/syslinux.cfg", "/syslinux.cfg", "/isolinux/isolinux.cfg", "/isolinux.cfg"),
        .. Of(LegacyMenu.Read, "/boot/grub/menu.lst", "/boot/grub/grub.conf", "/grub/menu.lst", "/grub/grub.conf"),
        .. Of(SystemdBootMenu.Read, "/loader/loader.conf", "/boot/loader/loader.conf"),
    ];

    private static IEnumerable<MenuFormat> Of(Func<string, MenuSource, BootMenu> read, params string[] paths) => paths.Select(p => new MenuFormat(p, read));
}
