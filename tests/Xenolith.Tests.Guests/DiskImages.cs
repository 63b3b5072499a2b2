using System.Diagnostics;

namespace Xenolith.Tests.Guests;

/// <summary>Images of guests' disks, made without root by e2fsprogs.</summary>
internal static class DiskImages
{
    /// <summary>An ext4 image with Debian's kernel, the busybox initramfs, and other files.</summary>
    /// <param name="path">The image.</param>
    /// <param name="files">Paths in the image and their text.</param>
    public static void Bootable(string path, params (string Path, string Text)[] files) =>
        Bootable(path, 48, File.ReadAllBytes(GuestImages.Kernel), files);

    /// <summary>The same with another kernel and size in MiB.</summary>
    public static void Bootable(string path, int mebibytes, byte[] kernel, params (string Path, string Text)[] files)
    {
        var root = Directory.CreateTempSubdirectory("xenolith-root-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(root, "boot"));
            File.WriteAllBytes(Path.Combine(root, "boot/vmlinuz"), kernel);
            File.Copy(GuestImages.Initramfs, Path.Combine(root, "boot/initrd.img"));
            foreach (var (name, text) in files)
            {
                var full = Path.Combine(root, name.TrimStart('/'));
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                File.WriteAllText(full, text);
            }

            Run("mke2fs", "-q", "-F", "-t", "ext4", "-d", root, path, $"{mebibytes}M");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Replaces a file of an image, as the guest itself might have.</summary>
    public static void Replace(string image, string name, string text)
    {
        var content = Path.GetTempFileName();
        File.WriteAllText(content, text);
        var commands = Path.GetTempFileName();
        File.WriteAllText(commands, $"rm {name}\nwrite {content} {name}\n");
        Run("debugfs", "-w", "-f", commands, image);
        File.Delete(content);
        File.Delete(commands);
    }

    /// <summary>Runs a program of the system's administrator; it must succeed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{error.Result}");
        return output;
    }
}
