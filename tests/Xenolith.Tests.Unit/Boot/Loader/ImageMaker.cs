using System.Diagnostics;
using System.Text;

namespace Xenolith.Tests.Unit.Boot.Loader;

/// <summary>Makes images of file systems with e2fsprogs, as an installer does, without root.</summary>
internal sealed class ImageMaker : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("xenolith-image-").FullName;

    /// <summary>Where the content is put together.</summary>
    public string Root => Path.Combine(_directory, "root");

    public ImageMaker() => Directory.CreateDirectory(Root);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Adds a file.</summary>
    public ImageMaker File(string path, string text) => File(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a file.</summary>
    public ImageMaker File(string path, byte[] content)
    {
        var full = Path.Combine(Root, path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllBytes(full, content);
        return this;
    }

    /// <summary>Adds a symbolic link.</summary>
    public ImageMaker Link(string path, string target)
    {
        var full = Path.Combine(Root, path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.CreateSymbolicLink(full, target);
        return this;
    }

    /// <summary>The image of what was added.</summary>
    /// <param name="arguments">Of mke2fs, such as <c>-t ext4 -b 1024</c>.</param>
    /// <param name="size">Its size as mke2fs writes it.</param>
    public byte[] Make(string arguments = "-t ext4", string size = "16M")
    {
        var image = Path.Combine(_directory, "image");
        System.IO.File.Delete(image);
        Run("mke2fs", $"-q -F {arguments} -d {Root} {image} {size}");
        return System.IO.File.ReadAllBytes(image);
    }

    /// <summary>Changes an image with debugfs's commands.</summary>
    public byte[] Change(byte[] image, string commands)
    {
        var path = Path.Combine(_directory, "changed");
        System.IO.File.WriteAllBytes(path, image);
        var script = Path.Combine(_directory, "commands");
        System.IO.File.WriteAllText(script, commands);
        Run("debugfs", $"-w -f {script} {path}");
        return System.IO.File.ReadAllBytes(path);
    }

    /// <summary>Bytes that tell where they stand.</summary>
    public static byte[] Pattern(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {error.Result}");
    }
}
