using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>What the script of an entry has loaded so far.</summary>
internal sealed class GrubBootState
{
    private readonly List<(GuestPath File, string Arguments)> _modules = [];
    private readonly List<GuestPath> _ramdisks = [];
    private GuestPath? _kernel;
    private string _arguments = string.Empty;

    /// <summary>A kernel; the last one counts, and begins anew.</summary>
    public void Kernel(GuestPath file, string arguments)
    {
        (_kernel, _arguments) = (file, arguments);
        _ramdisks.Clear();
    }

    /// <summary>Ramdisks.</summary>
    public void Ramdisk(GuestPath file) => _ramdisks.Add(file);

    /// <summary>Xen itself: what was loaded before is forgotten.</summary>
    public void Hypervisor()
    {
        _kernel = null;
        _modules.Clear();
    }

    /// <summary>A module of Xen's.</summary>
    public void Module(GuestPath file, string arguments) => _modules.Add((file, arguments));

    /// <summary>The entry.</summary>
    public BootEntry Finish(string title) =>
        new HypervisorModules(_modules).Apply(new() { Title = title, Kernel = _kernel, Arguments = _arguments, Ramdisks = [.. _ramdisks] });
}
