using Xenolith.Boot.Loader.Disks;
using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader.Grub;

/// <summary>The command <c>search</c>: finds a file system by its UUID, its label or a file on it, and puts its name into a variable.</summary>
internal static class GrubSearch
{
    /// <summary>Runs it.</summary>
    public static bool Run(GrubScript script, List<string> words)
    {
        var (kind, variable, wanted) = ("--file", (string?)null, (string?)null);
        for (var i = 0; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "--fs-uuid" or "-u":
                    kind = "--fs-uuid";
                    break;
                case "--label" or "-l" or "--fs-label":
                    kind = "--label";
                    break;
                case "--file" or "-f":
                    kind = "--file";
                    break;
                case "--set":
                    variable = "root";
                    break;
                case "-s" or "--hint" or "-h":
                    i++;
                    variable = words[i - 1] == "-s" && i < words.Count ? words[i] : variable;
                    break;
                case var word when word.StartsWith("--set=", StringComparison.Ordinal):
                    variable = word["--set=".Length..];
                    break;
                case var word when !word.StartsWith('-'):
                    wanted ??= word;
                    break;
            }
        }

        var found = wanted is null ? null : script.Source.Disk.Volumes.FirstOrDefault(v => Matches(v, kind, wanted));
        if (found is null)
        {
            return false;
        }

        script.Variables.Set(variable ?? "root", found.Place.Number == 0 ? "hd0" : $"hd0,{found.Place.GrubName}");
        return true;
    }

    private static bool Matches(GuestVolume volume, string kind, string wanted) => kind switch
    {
        "--fs-uuid" => volume.Files.Uuid.Equals(wanted, StringComparison.OrdinalIgnoreCase),
        "--label" => volume.Files.Label == wanted,
        _ => volume.Files.Open(GuestPath.Parse(wanted, null, legacy: false).Path, long.MaxValue) is not null,
    };
}
