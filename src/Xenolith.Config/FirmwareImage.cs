namespace Xenolith.Config;

/// <summary>
/// The boot loaders that <c>firmware</c> can name for a PV guest: GRUB as a PV kernel, which runs inside the domain and finds the guest's kernel on its disks.
/// Xen looks for <c>pvgrub64.bin</c> in its own directory, which Debian leaves empty; Debian's package grub-xen-host has it under another name.
/// </summary>
public static class FirmwareImage
{
    private const string Pvgrub64 = "pvgrub64", Pvgrub32 = "pvgrub32";

    /// <summary>Where an image of GRUB may lie, best first.</summary>
    public static IReadOnlyList<string> Places { get; } =
    [
        "/usr/lib/xen/boot/pvgrub64.bin",
        "/usr/lib/xen-4.17/boot/pvgrub64.bin",
        "/usr/local/lib/xen/boot/pvgrub64.bin",
        "/usr/lib/grub-xen/grub-x86_64-xen.bin",
    ];

    /// <summary>The kernel that a firmware stands for, or why there is none.</summary>
    /// <param name="firmware">The value of the key.</param>
    /// <param name="exists">Tells whether a file is there.</param>
    /// <param name="problem">What is wrong, with the next step; null with a kernel.</param>
    /// <returns>The image's path; null with a problem.</returns>
    public static string? Find(string firmware, Func<string, bool> exists, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(exists);
        var place = firmware == Pvgrub64 ? Places.FirstOrDefault(exists) : null;
        problem = place is not null ? null
            : firmware == Pvgrub64 ? $"`firmware': there is no pvgrub64 on this host; install the package grub-xen-host, or name GRUB's image with kernel= (looked for {string.Join(", ", Places)})"
            : firmware == Pvgrub32 ? "`firmware': pvgrub32 starts 32-bit kernels, and 32-bit PV guests are not supported; use pvgrub64 with an amd64 kernel"
            : $"`firmware' is \"{firmware}\"; a PV guest knows pvgrub64 and pvgrub32";
        return place;
    }

    /// <summary>True for a name that means something to a PV guest, whether it can be had or not.</summary>
    public static bool IsKnown(string firmware) => firmware is Pvgrub64 or Pvgrub32;
}
