using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Xenolith.Tests.Guests;

/// <summary>Core files: readelf reads them, and what is in them is the guest.</summary>
[Collection("guests")]
public sealed class CoreDumpTests : GuestHost
{
    private const int PageSize = 4096, ContextSize = 5168, RipOffset = 520 + 128;
    private const ulong KernelStart = 0xffff_8000_0000_0000;

    private string Core => System.IO.Path.Combine(Path, "core");

    [Fact]
    public void Dump_core_writes_what_the_guest_is()
    {
        XlOk("create", Config("guest", "run=sleep,1000", "vcpus = 2"));
        AwaitConsole("guest", "XENOLITH-USERSPACE");

        // Once the guest sleeps, all its vCPUs stand in the kernel's idle loop; how soon that is is the guest's affair.
        var rips = Array.Empty<ulong>();
        Eventually(
            () =>
            {
                File.Delete(Core);
                XlOk("dump-core", "guest", Core);
                return (rips = Rips()).All(rip => rip >= KernelStart);
            },
            () => $"the vCPUs are not in the idle kernel: {string.Join(", ", rips.Select(rip => rip.ToString("x", CultureInfo.InvariantCulture)))}");

        var sections = Sections();
        Assert.Equal(["", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_shared_info", ".xen_p2m", ".xen_pages"], sections.Keys);
        using var file = File.OpenHandle(Core);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        // The note says how many vCPUs and pages.
        var notes = Bytes(file, sections[".note.Xen"]);
        Assert.Equal([0xf00f_ebedUL, 2UL], Words(notes.AsSpan(32, 16)));
        var pages = Words(notes.AsSpan(48, 16));
        Assert.Equal((ulong)PageSize, pages[1]);
        Assert.Equal(2 * ContextSize, sections[".xen_prstatus"].Size);
        Assert.Equal(2, rips.Length);

        // Frame numbers ascend, and the pages are the guest's: its kernel's name, and the shared info's events.
        var pairs = Words(Bytes(file, sections[".xen_p2m"]));
        Assert.Equal(2 * (int)pages[0], pairs.Length);
        var frames = pairs.Where((_, i) => i % 2 == 0).ToArray();
        Assert.Equal(frames.Order(), frames);
        Assert.Equal((long)pages[0] * PageSize, sections[".xen_pages"].Size);
        Assert.True(File.ReadAllBytes(Core).AsSpan().IndexOf("Linux version 6."u8) > 0, "the kernel is not in its core");
        Assert.Contains(Bytes(file, sections[".xen_shared_info"]), b => b != 0);
        Assert.NotEqual("---sc-", Find("guest")!.State);
    }

    [Fact]
    public void A_core_that_cannot_be_written_names_the_file()
    {
        XlOk("create", Config("guest", "run=sleep,1000"));
        var outcome = Xl("dump-core", "guest", "/no/such/directory/core");

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("/no/such/directory", outcome.Error);
    }

    [Fact]
    public void A_crash_with_coredump_destroy_leaves_the_core()
    {
        XlOk("create", Config("guest", "run=echo,c,>/proc/sysrq-trigger", "on_crash = \"coredump-destroy\""));

        Eventually(() => Find("guest") is null, "it is still there");
        File.Copy(System.IO.Path.Combine(Path, "dump", "guest"), Core);
        Assert.Contains(".xen_pages", Sections().Keys);
        AssertNothingIsLeft();
    }

    private ulong[] Rips()
    {
        using var file = File.OpenHandle(Core);
        return [.. Bytes(file, Sections()[".xen_prstatus"]).Chunk(ContextSize).Select(context => BinaryPrimitives.ReadUInt64LittleEndian(context.AsSpan(RipOffset)))];
    }

    private Dictionary<string, (long Offset, long Size)> Sections()
    {
        var found = new Dictionary<string, (long, long)>();
        using var reader = Process.Start(new ProcessStartInfo("readelf", ["-S", "-W", Core]) { RedirectStandardOutput = true })!;
        foreach (var line in reader.StandardOutput.ReadToEnd().Split('\n'))
        {
            // [ 3] .xen_prstatus PROGBITS 0000000000000000 000778 002860 1430 0 0 8
            var at = line.IndexOf(']', StringComparison.Ordinal);
            if (at < 0 || line.IndexOf('[', StringComparison.Ordinal) < 0 || line.Contains("[Nr]", StringComparison.Ordinal))
            {
                continue;
            }

            var fields = line[(at + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            found.Add(fields[0] == "NULL" ? "" : fields[0], fields[0] == "NULL" ? (0, 0) : (Convert.ToInt64(fields[3], 16), Convert.ToInt64(fields[4], 16)));
        }

        return found;
    }

    private static byte[] Bytes(Microsoft.Win32.SafeHandles.SafeFileHandle file, (long Offset, long Size) section)
    {
        var bytes = new byte[section.Size];
        Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, section.Offset));
        return bytes;
    }

    private static ulong[] Words(ReadOnlySpan<byte> bytes)
    {
        var words = new ulong[bytes.Length / 8];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(8 * i)..]);
        }

        return words;
    }
}
