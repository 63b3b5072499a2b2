namespace Xenolith.Tests.Guests.Disks;

/// <summary>A host whose guests have blkfront and one of the uses of <see cref="GuestImages.DiskInitramfs"/>.</summary>
public abstract class DiskHost : GuestHost
{
    /// <summary>Writes a configuration of a guest that uses its disks.</summary>
    protected string DiskConfig(string name, string use, params string[] lines)
    {
        var path = Config(name, $"run=/disk,{use}", lines);
        File.WriteAllText(path, File.ReadAllText(path).Replace(GuestImages.Initramfs, GuestImages.DiskInitramfs, StringComparison.Ordinal));
        return path;
    }

    /// <summary>A path in the test's directory.</summary>
    protected string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>An ext4 image with a file <c>greeting</c>.</summary>
    protected string Ext4(string name)
    {
        var root = Directory.CreateTempSubdirectory("xenolith-root-");
        File.WriteAllText(System.IO.Path.Combine(root.FullName, "greeting"), $"hello from {name}\n");
        DiskImages.Run("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-d", root.FullName, In(name), "24M");
        root.Delete(recursive: true);
        return In(name);
    }

    /// <summary>An image of zeros that takes no room.</summary>
    protected string Sparse(string name, long bytes)
    {
        using var file = File.Create(In(name));
        file.SetLength(bytes);
        return In(name);
    }

    /// <summary>An image of zeros but for its first bytes.</summary>
    protected string Medium(string name, string begin, long bytes)
    {
        Sparse(name, bytes);
        using var file = File.OpenWrite(In(name));
        file.Write(System.Text.Encoding.ASCII.GetBytes(begin));
        return In(name);
    }

    /// <summary>Bytes that a file takes on the host's disk.</summary>
    protected static long Allocated(string path) => long.Parse(DiskImages.Run("stat", "-c", "%b", path)) * 512;

    /// <summary>How often a text is in a guest's console log.</summary>
    protected int Said(string name, string text)
    {
        var log = System.IO.Path.Combine(Path, "log", "console", $"guest-{name}.log");
        return File.Exists(log) ? File.ReadAllText(log).Split(text).Length - 1 : 0;
    }

    /// <summary>The file system of an image is whole; its journal may have to be replayed first.</summary>
    protected static void AssertWhole(string image)
    {
        // 1: errors were corrected, which for a replayed journal is said too.
        var outcome = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/sbin/e2fsck", ["-p", image]) { RedirectStandardOutput = true })!;
        var said = outcome.StandardOutput.ReadToEnd();
        outcome.WaitForExit();
        Assert.True(outcome.ExitCode <= 1, said);
        DiskImages.Run("e2fsck", "-f", "-n", image);
    }
}
