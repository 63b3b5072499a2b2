using System.Globalization;
using System.Text;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// Finds Xen's command line in the file that a host's boot loader would read: NetBSD's boot.cfg
/// (<c>menu=Boot Xen:load /netbsd-XEN3_DOM0;multiboot /xen.gz dom0_mem=512M</c>), the <c>options=</c> of an EFI xen.cfg, or Debian's
/// <c>GRUB_CMDLINE_XEN=</c>.
/// </summary>
internal static class BootConfig
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "boot.cfg";

    private static readonly string[] Assignments = ["options", "GRUB_CMDLINE_XEN", "GRUB_CMDLINE_XEN_DEFAULT"];

    /// <summary>The options of the first of these files that exists: in the run directory, in <c>/etc/xen</c>; null without one.</summary>
    /// <exception cref="ToolstackException">An option has a value that is none.</exception>
    public static HypervisorOptions? Load(string runDirectory)
    {
        string[] places = [Path.Combine(runDirectory, FileName), Path.Combine("/etc/xen", FileName)];
        return Array.Find(places, File.Exists) is { } path && CommandLine(File.ReadAllText(path, Encoding.UTF8)) is { } line
            ? HypervisorOptions.Parse(line, path)
            : null;
    }

    /// <summary>Xen's command line; null if the file starts no Xen. Of several menu entries the default one counts, or else the first that starts Xen.</summary>
    internal static string? CommandLine(string text)
    {
        var entries = new List<string?>();
        var others = new List<string>();
        var chosen = 1;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || line[0] == '#')
            {
                continue;
            }

            var (name, value) = (line[..equals].Trim(), line[(equals + 1)..].Trim());
            if (name == "menu")
            {
                entries.Add(OfMenu(value));
            }
            else if (name == "default" && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                chosen = number;
            }
            else if (Assignments.Contains(name))
            {
                others.Add(value.Trim('"', '\''));
            }
        }

        return others.Count > 0 ? string.Join(' ', others).Trim()
            : entries.ElementAtOrDefault(chosen - 1) ?? entries.Find(entry => entry is not null);
    }

    /// <summary>The words behind <c>multiboot FILE</c> of <c>TITLE:COMMAND;COMMAND</c>.</summary>
    private static string? OfMenu(string value)
    {
        foreach (var command in value[(value.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(';'))
        {
            var words = command.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && words[0] == "multiboot")
            {
                return string.Join(' ', words.Skip(2));
            }
        }

        return null;
    }
}
