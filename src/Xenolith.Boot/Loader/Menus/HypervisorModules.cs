namespace Xenolith.Boot.Loader.Menus;

/// <summary>
/// The modules of an entry that would start Xen on bare hardware (<c>multiboot /xen.gz</c>, <c>module /vmlinuz ...</c>, <c>module /initrd</c>):
/// for a domain they are what to boot, and Xen is left out.
/// </summary>
internal readonly record struct HypervisorModules(IReadOnlyList<(GuestPath File, string Arguments)> Modules)
{
    /// <summary>The entry with its kernel and ramdisk taken from the modules, if there are any.</summary>
    public BootEntry Apply(BootEntry entry) => Modules.Count == 0 ? entry : entry with
    {
        Kernel = Modules[0].File,
        Arguments = Modules[0].Arguments,
        Ramdisks = Modules.Count > 1 ? [Modules[1].File] : [],
    };
}
