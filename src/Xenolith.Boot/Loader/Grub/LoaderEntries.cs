using System.Globalization;
using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>
/// The command <c>blscfg</c> of Fedora and its relatives: entries in files of their own, <c>loader/entries/*.conf</c> (the Boot Loader
/// Specification), newest version first. They become statements of the script.
/// </summary>
internal static class LoaderEntries
{
    private static readonly string[] Directories = ["/loader/entries", "/boot/loader/entries"];

    /// <summary>Adds an entry to the menu for each file.</summary>
    public static bool Add(GrubScript script)
    {
        var files = script.Source.Home.Files;
        var directory = Directories.FirstOrDefault(d => files.List(d).Count > 0);
        if (directory is null)
        {
            return false;
        }

        var entries = new List<(Version Version, string Name, string Text)>();
        foreach (var name in files.List(directory).Where(n => n.EndsWith(".conf", StringComparison.Ordinal)))
        {
            if (script.Source.Text(new(null, $"{directory}/{name}")) is { } text)
            {
                entries.Add((VersionOf(Field(text, "version")), name, text));
            }
        }

        foreach (var (_, name, text) in entries.OrderByDescending(e => e.Version).ThenByDescending(e => e.Name, StringComparer.Ordinal))
        {
            var title = Quote(Field(text, "title"));
            var ramdisk = Field(text, "initrd") is { Length: > 0 } given ? $"initrd {given}\n" : string.Empty;
            script.Run(GrubParser.Parse(
                $"menuentry {title} --id {Quote(name[..^".conf".Length])} {{\nlinux {Field(text, "linux")} {Field(text, "options")}\n{ramdisk}}}\n",
                script.Source.Budget));
        }

        return entries.Count > 0;
    }

    private static string Field(string text, string name)
    {
        foreach (var line in text.Split('\n'))
        {
            var words = line.Trim().Split((char[])[' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2 && words[0] == name)
            {
                return words[1].Trim();
            }
        }

        return string.Empty;
    }

    private static string Quote(string text) => $"'{text.Replace("'", string.Empty, StringComparison.Ordinal)}'";

    // 6.5.6-300.fc39.x86_64: the numbers up to the first letter, enough to tell the newest kernel of a few.
    private static Version VersionOf(string text)
    {
        var numbers = text.Split('.', '-').TakeWhile(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Take(4).ToList();
        while (numbers.Count < 2)
        {
            numbers.Add("0");
        }

        return Version.Parse(string.Join('.', numbers));
    }
}
