using System.Text;
using Xenolith.Boot.Images;
using Xenolith.Boot.Loader.Disks;
using Xenolith.Boot.Loader.Menus;

namespace Xenolith.Boot.Loader;

/// <summary>
/// What pygrub is to Xen: finds on a guest's disk the kernel that the guest's own menu would boot. Pure: reads blocks, touches nothing else.
/// The disk is its tenant's, so it is to run in a process that may do nothing.
/// </summary>
public static class BootLoader
{
    private const int MaxTitles = 8;

    /// <summary>Finds what to boot.</summary>
    /// <param name="blocks">The disk.</param>
    /// <param name="name">The disk in words, for errors.</param>
    /// <param name="options">What the configuration asks for.</param>
    /// <param name="domainBytes">The domain's memory: a larger kernel or ramdisk is refused.</param>
    /// <exception cref="BootException">There is nothing to boot, or something on the way to it is damaged.</exception>
    public static FoundBoot Find(BlockSource blocks, string name, LoaderOptions options, long domainBytes)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var budget = new ReadBudget(ReadBudget.Default);
            var disk = GuestDisk.Read(blocks, options.Offset, budget);
            if (disk.Volumes.Count == 0)
            {
                var seen = disk.Problems.Count > 0 ? $": {string.Join("; ", disk.Problems)}" : " on it";
                throw new BootException(
                    name, $"no file system that is read here (ext2 to ext4, XFS, FAT, ISO 9660) was found{seen}", "Name the disk with the guest's /boot first, or name the kernel with kernel= and without bootloader=");
            }

            return options.Kernel is { } kernel ? Named(disk, kernel, options, name, domainBytes) : FromMenu(disk, options, name, budget, domainBytes);
        }
        catch (ImageException e)
        {
            throw new BootException(name, e.Message, "Check the image (fsck), or name the kernel with kernel= and without bootloader=", e);
        }
    }

    private static FoundBoot Named(GuestDisk disk, string kernel, LoaderOptions options, string name, long domainBytes)
    {
        var home = disk.Volumes.FirstOrDefault(v => v.Files.Open(kernel, long.MaxValue) is not null)
            ?? throw new BootException(name, $"it has no file {kernel}", "With a boot loader, kernel= and ramdisk= are paths on the guest's disk; check them, or leave them out");
        var entry = new BootEntry
        {
            Title = string.Empty,
            Kernel = new(null, kernel),
            Ramdisks = options.Ramdisk is { } ramdisk ? [new(null, ramdisk)] : [],
        };
        return Open(disk, home, entry, options.Arguments, name, domainBytes);
    }

    private static FoundBoot FromMenu(GuestDisk disk, LoaderOptions options, string name, ReadBudget budget, long domainBytes)
    {
        var problems = new List<string>(disk.Problems);
        foreach (var home in disk.Volumes)
        {
            if (MenuOf(home) is not var (format, content))
            {
                problems.Add($"{home.Place} has no boot menu");
                continue;
            }

            budget.Spend(content.Length / 16);
            var menu = format.Read(Encoding.UTF8.GetString(content.ReadAll()), new(disk, home, format.Path, budget));
            var entry = options.Entry is null ? menu.Default() : menu.Find(options.Entry) ?? throw new BootException(
                name, $"{format.Path} has no entry {options.Entry}", $"It has {Titles(menu)}; write one of them, or its number from 0, in bootloader_args");
            if (entry.Kernel is null)
            {
                throw new BootException(name, $"entry \"{entry.Title}\" of {format.Path} names no kernel", $"Name another with --entry in bootloader_args; there are {Titles(menu)}");
            }

            var arguments = string.Join(' ', new[] { entry.Arguments, options.Arguments }.Where(a => a.Length > 0));
            return Open(disk, home, entry, arguments, name, domainBytes);
        }

        throw new BootException(
            name,
            $"no boot menu was found ({string.Join("; ", problems)})",
            "Install grub2, grub-legacy or extlinux in the guest, or name the files with bootloader_args = [ \"--kernel=/PATH\", \"--ramdisk=/PATH\" ]");
    }

    private static (MenuFormat Format, FileContent Content)? MenuOf(GuestVolume home)
    {
        foreach (var format in MenuFormat.All)
        {
            if (home.Files.Open(format.Path, MenuFormat.MaximumSize) is { } content)
            {
                return (format, content);
            }
        }

        return null;
    }

    private static FoundBoot Open(GuestDisk disk, GuestVolume home, BootEntry entry, string arguments, string name, long domainBytes)
    {
        var kernel = Open(disk, home, entry.Kernel!.Value, "kernel", Math.Min(domainBytes, KernelFile.MaximumSize), name);
        var limit = Math.Min(domainBytes, RamdiskFile.MaximumSize);
        var ramdisks = entry.Ramdisks.Select(r => Open(disk, home, r, "ramdisk", limit, name)).ToArray();
        if (ramdisks.Sum(r => r.Length) > limit)
        {
            throw new BootException(name, $"its ramdisks are larger than {limit >> 20} MiB together", "Give the domain more memory");
        }

        return new(entry.Title, entry.Kernel.Value.Path, kernel, string.Join(' ', entry.Ramdisks.Select(r => r.Path)), ramdisks, arguments);
    }

    private static FileContent Open(GuestDisk disk, GuestVolume home, GuestPath file, string role, long limit, string name)
    {
        var content = disk.Open(file, home, long.MaxValue)
            ?? throw new BootException(name, $"its menu names the {role} {file.Path}, which is not there", "Repair the guest's menu (update-grub), or name the files in bootloader_args");
        return content.Length <= limit
            ? content
            : throw new BootException(name, $"its {role} {file.Path} has {content.Length >> 20} MiB, more than the {limit >> 20} MiB it may have", "Give the domain more memory, or name another file");
    }

    private static string Titles(BootMenu menu)
    {
        var titles = menu.Titles;
        var shown = string.Join(", ", titles.Take(MaxTitles).Select(t => $"\"{t}\""));
        return titles.Count > MaxTitles ? $"{shown} and {titles.Count - MaxTitles} more" : shown;
    }
}
