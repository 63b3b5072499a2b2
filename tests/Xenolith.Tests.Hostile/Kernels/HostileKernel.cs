using System.Diagnostics;
using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>The hostile kernel of <c>source/</c>, compiled once by the machine's gcc with libxen-dev's headers.</summary>
internal static class HostileKernel
{
    private static readonly Lazy<string> LazyPath = new(Compile);

    /// <summary>Its ELF file.</summary>
    public static string Path => LazyPath.Value;

    private static string Compile()
    {
        var source = System.IO.Path.Combine(GuestImages.Root, "tests/Xenolith.Tests.Hostile/Kernels/source");
        var folder = Directory.CreateTempSubdirectory("xenolith-hostile-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var output = System.IO.Path.Combine(folder, "hostile.elf");
        string[] words =
        [
            "-std=gnu11", "-O1", "-Wall", "-Wextra", "-ffreestanding", "-fno-pic", "-fno-pie", "-no-pie", "-mcmodel=kernel", "-mno-red-zone", "-mgeneral-regs-only",
            "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-nostdlib", "-static", "-Wl,-T," + System.IO.Path.Combine(source, "kernel.lds"),
            "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096", "-o", output, .. Directory.GetFiles(source, "*.c").Order(),
        ];
        using var gcc = Process.Start(new ProcessStartInfo("gcc", words) { RedirectStandardError = true })!;
        var said = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        return gcc.ExitCode == 0 ? output : throw new InvalidOperationException($"the hostile kernel does not compile: {said}");
    }
}
