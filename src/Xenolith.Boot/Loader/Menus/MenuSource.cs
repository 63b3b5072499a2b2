using System.Text;
using Xenolith.Boot.Loader.Disks;

namespace Xenolith.Boot.Loader.Menus;

/// <summary>Where a menu lies, and what it may ask about its disk.</summary>
/// <param name="disk">The file systems of the disk.</param>
/// <param name="home">The place of the menu's own file system.</param>
/// <param name="path">The menu's path there.</param>
/// <param name="budget">Limits the work.</param>
internal sealed class MenuSource(GuestDisk disk, GuestVolume home, string path, ReadBudget budget)
{
    /// <summary>The disk.</summary>
    public GuestDisk Disk => disk;

    /// <summary>The menu's own file system.</summary>
    public GuestVolume Home => home;

    /// <summary>The menu's path on it.</summary>
    public string Path => path;

    /// <summary>The menu's directory on it.</summary>
    public string Directory => path[..path.LastIndexOf('/')];

    /// <summary>Limits the work.</summary>
    public ReadBudget Budget => budget;

    /// <summary>The text of a file that the menu names, or null.</summary>
    public string? Text(GuestPath file)
    {
        if (disk.Open(file, home, MenuFormat.MaximumSize) is not { } content)
        {
            return null;
        }

        budget.Spend(1 + (content.Length / 16));
        return Encoding.UTF8.GetString(content.ReadAll());
    }
}
