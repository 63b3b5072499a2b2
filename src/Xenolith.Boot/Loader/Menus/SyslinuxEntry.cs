namespace Xenolith.Boot.Loader.Menus;

/// <summary>An entry of a syslinux menu.</summary>
internal sealed class SyslinuxEntry(string label)
{
    private string _kernel = string.Empty;
    private string? _append;
    private string? _ramdisks;
    private string? _title;

    /// <summary>Its label.</summary>
    public string Label => label;

    /// <summary>What a person sees.</summary>
    public string Title => _title ?? label;

    /// <summary>A path as syslinux takes it: from the menu's directory unless it begins with a slash.</summary>
    public static GuestPath Path(string path, MenuSource source) => new(null, path.StartsWith('/') ? path : $"{source.Directory}/{path}");

    /// <summary>Takes one line.</summary>
    public void Take(string command, string argument)
    {
        switch (command)
        {
            case "KERNEL" or "LINUX":
                _kernel = argument;
                break;
            case "APPEND":
                _append = argument;
                break;
            case "INITRD":
                _ramdisks = argument;
                break;
            case "MENU" when argument.StartsWith("LABEL ", StringComparison.OrdinalIgnoreCase):
                _title = argument[6..].Trim().Replace("^", string.Empty, StringComparison.Ordinal); // marks the hotkey
                break;
        }
    }

    /// <summary>The entry; <paramref name="append"/> is what the menu gives all entries without arguments of their own.</summary>
    public BootEntry Finish(string append, MenuSource source)
    {
        var arguments = _append is "-" ? string.Empty : _append ?? append;
        if (_kernel.EndsWith("mboot.c32", StringComparison.Ordinal))
        {
            return Modules(arguments, source);
        }

        var words = arguments.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var ramdisks = _ramdisks ?? words.LastOrDefault(w => w.StartsWith("initrd=", StringComparison.OrdinalIgnoreCase))?["initrd=".Length..] ?? string.Empty;
        return new()
        {
            Title = Title,
            Kernel = _kernel.Length == 0 ? null : Path(_kernel, source),
            Arguments = string.Join(' ', words.Where(w => !w.StartsWith("initrd=", StringComparison.OrdinalIgnoreCase))),
            Ramdisks = [.. ramdisks.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(r => Path(r, source))],
        };
    }

    // mboot.c32 gets "xen.gz ... --- vmlinuz ... --- initrd".
    private BootEntry Modules(string arguments, MenuSource source)
    {
        var modules = arguments.Split("---").Skip(1).Select(m => m.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(m => m.Length > 0)
            .Select(m => (Path(m[0], source), string.Join(' ', m[1..]))).ToArray();
        return new HypervisorModules(modules).Apply(new() { Title = Title });
    }
}
