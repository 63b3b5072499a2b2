namespace Xenolith.Config;

/// <summary>The programs that <c>bootloader</c> can name. Only their names count: what runs is a loader of our own.</summary>
public static class BootloaderProgram
{
    private static readonly string[] Pygrub = ["pygrub", "pygrub.py"];

    private static readonly (string Name, string Instead)[] Refused =
    [
        ("pypxeboot", "it loads over the network; name the kernel with kernel="),
        ("xenpvnetboot", "it loads over the network; name the kernel with kernel="),
        ("eliloader", "it is XenServer's own; bootloader = \"pygrub\" reads the same disks"),
        ("domUloader.py", "it is an old loader of SUSE; bootloader = \"pygrub\" reads the same disks"),
        ("pvgrub", "it runs in the guest: firmware = \"pvgrub64\""),
    ];

    /// <summary>Why a boot loader cannot be had; null for pygrub, with or without a path.</summary>
    public static string? Refuse(string bootloader)
    {
        ArgumentNullException.ThrowIfNull(bootloader);
        var name = Path.GetFileName(bootloader);
        if (Pygrub.Contains(name))
        {
            return null;
        }

        foreach (var (known, instead) in Refused)
        {
            if (known == name)
            {
                return $"boot loader `{bootloader}' is not supported: {instead}";
            }
        }

        return $"boot loader `{bootloader}' is not known; programs are not run to find a kernel, and known is only pygrub, with or without a path";
    }
}
