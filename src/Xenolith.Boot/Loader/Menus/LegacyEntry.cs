namespace Xenolith.Boot.Loader.Menus;

/// <summary>An entry of a grub-legacy menu while its lines are read.</summary>
internal sealed class LegacyEntry(string title)
{
    private readonly List<(GuestPath File, string Arguments)> _modules = [];
    private readonly List<GuestPath> _ramdisks = [];
    private GrubDevice? _root;
    private (GuestPath File, string Arguments)? _kernel;

    /// <summary>Takes one line.</summary>
    public void Take(string command, string argument)
    {
        switch (command)
        {
            case "root" or "rootnoverify":
                _root = GrubDevice.Parse(argument, legacy: true);
                break;
            case "kernel":
                _kernel = Image(argument);
                break;
            case "module":
                _modules.Add(Image(argument));
                break;
            case "initrd":
                _ramdisks.AddRange(argument.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(p => GuestPath.Parse(p, _root, legacy: true)));
                break;
        }
    }

    /// <summary>The entry. Where Xen itself would be started, its first module is the kernel and the second one the ramdisk.</summary>
    public BootEntry Finish() => new HypervisorModules(_modules).Apply(new BootEntry
    {
        Title = title,
        Kernel = _kernel?.File,
        Arguments = _kernel?.Arguments ?? string.Empty,
        Ramdisks = _ramdisks,
    });

    private (GuestPath File, string Arguments) Image(string argument)
    {
        var words = argument.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => w.StartsWith("--", StringComparison.Ordinal)).ToArray();
        return words.Length == 0 ? default : (GuestPath.Parse(words[0], _root, legacy: true), string.Join(' ', words[1..]));
    }
}
