using System.Diagnostics;

namespace Xenolith.Tests.Guests;

/// <summary>
/// What guests boot from: Debian's cloud kernel, fetched at run time into a cache outside the repository, and a busybox initramfs made on the spot.
/// </summary>
internal static class GuestImages
{
    private static readonly Lazy<string> LazyKernel = new(() => Run("examples/fetch-kernel", "linux-image-cloud-amd64").Trim());
    private static readonly Lazy<string> LazyInitramfs = new(MakeInitramfs);

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The programs under test.</summary>
    public static string Programs => Path.Combine(Root, "out/bin");

    /// <summary>Path of the kernel.</summary>
    public static string Kernel => LazyKernel.Value;

    /// <summary>Path of the initramfs; its poweroff and reboot obey the kernel's call at once, as xl shutdown needs.</summary>
    public static string Initramfs => LazyInitramfs.Value;

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Xenolith.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }

    private static string MakeInitramfs()
    {
        var folder = Directory.CreateTempSubdirectory("xenolith-guest-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        foreach (var name in (string[])["poweroff", "reboot"])
        {
            File.WriteAllText(Path.Combine(folder, name), $"#!/bin/busybox sh\nexec /bin/busybox {name} -f\n");
        }

        var output = Path.Combine(folder, "initramfs.gz");
        Run("examples/make-initramfs", output, $"{folder}/poweroff=/sbin/poweroff", $"{folder}/reboot=/sbin/reboot");
        return output;
    }

    private static string Run(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Root, script), arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed with code {process.ExitCode}");
    }
}
