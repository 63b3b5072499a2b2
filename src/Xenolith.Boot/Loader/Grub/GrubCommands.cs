using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>The commands that matter to what is booted. All others succeed or fail without effect.</summary>
internal static class GrubCommands
{
    // What a script asks about graphics, sound or firmware has the answer of a machine without them.
    private static readonly HashSet<string> Failing = ["false", "loadfont", "background_image", "videoinfo", "play", "cpuid", "keystatus", "sleep"];

    private static readonly Dictionary<string, Func<GrubScript, List<string>, bool>> Table = new(StringComparer.Ordinal)
    {
        ["set"] = Set,
        ["export"] = (_, _) => true,
        ["unset"] = Unset,
        ["["] = (script, words) => GrubTest.Holds(words is [.. var inside, "]"] ? inside : words, path => Size(script, path)),
        ["test"] = (script, words) => GrubTest.Holds(words, path => Size(script, path)),
        ["search"] = GrubSearch.Run,
        ["search.fs_uuid"] = (script, words) => GrubSearch.Run(script, ["--fs-uuid", .. Dotted(words)]),
        ["search.fs_label"] = (script, words) => GrubSearch.Run(script, ["--label", .. Dotted(words)]),
        ["search.file"] = (script, words) => GrubSearch.Run(script, ["--file", .. Dotted(words)]),
        ["load_env"] = GrubEnvironment.Load,
        ["source"] = (script, words) => words.Count > 0 && script.RunFile(words[0]),
        ["."] = (script, words) => words.Count > 0 && script.RunFile(words[0]),
        ["configfile"] = (script, words) => words.Count > 0 && script.RunFile(words[0]),
        ["return"] = Return,
        ["blscfg"] = (script, _) => LoaderEntries.Add(script),
        ["linux"] = Linux,
        ["linux16"] = Linux,
        ["linuxefi"] = Linux,
        ["initrd"] = Ramdisk,
        ["initrd16"] = Ramdisk,
        ["initrdefi"] = Ramdisk,
        ["multiboot"] = Hypervisor,
        ["multiboot2"] = Hypervisor,
        ["xen_hypervisor"] = Hypervisor,
        ["module"] = Module,
        ["module2"] = Module,
        ["xen_module"] = Module,
    };

    /// <summary>Runs a command; true if it succeeds.</summary>
    public static bool Run(GrubScript script, string name, List<string> words) => Table.TryGetValue(name, out var command) ? command(script, words) : !Failing.Contains(name);

    /// <summary>A file that a command names.</summary>
    public static GuestPath File(GrubScript script, string path) =>
        GuestPath.Parse(path, GrubDevice.Parse(script.Variables["root"], legacy: false), legacy: false);

    private static bool Set(GrubScript script, List<string> words)
    {
        foreach (var word in words)
        {
            if (word.IndexOf('=') is > 0 and var equals)
            {
                script.Variables.Set(word[..equals], word[(equals + 1)..]);
            }
        }

        return true;
    }

    private static bool Unset(GrubScript script, List<string> words)
    {
        words.ForEach(script.Variables.Unset);
        return true;
    }

    private static bool Return(GrubScript script, List<string> words)
    {
        script.Return();
        return words is [] or ["0"];
    }

    private static bool Linux(GrubScript script, List<string> words)
    {
        if (words.Count == 0)
        {
            return false;
        }

        script.BootState?.Kernel(File(script, words[0]), string.Join(' ', words[1..]));
        return true;
    }

    private static bool Ramdisk(GrubScript script, List<string> words)
    {
        foreach (var word in words.Where(w => !w.StartsWith("newc:", StringComparison.Ordinal)))
        {
            script.BootState?.Ramdisk(File(script, word));
        }

        return true;
    }

    private static bool Hypervisor(GrubScript script, List<string> words)
    {
        script.BootState?.Hypervisor();
        return true;
    }

    private static bool Module(GrubScript script, List<string> words)
    {
        var file = words.SkipWhile(w => w.StartsWith("--", StringComparison.Ordinal)).ToArray();
        if (file.Length == 0)
        {
            return false;
        }

        // grub-mkconfig writes a word in place of the name that multiboot would lose.
        script.BootState?.Module(File(script, file[0]), string.Join(' ', file.Skip(1).SkipWhile(w => w == "placeholder")));
        return true;
    }

    private static long? Size(GrubScript script, string path) =>
        script.Source.Disk.Open(File(script, path), script.Source.Home, long.MaxValue)?.Length;

    // search.fs_uuid UUID VARIABLE HINTS
    private static IEnumerable<string> Dotted(List<string> words) => words.Count < 2 ? words : [$"--set={words[1]}", words[0]];
}
