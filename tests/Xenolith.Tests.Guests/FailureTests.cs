using System.Diagnostics;
using Xenolith.Tests.Unit.Boot;

namespace Xenolith.Tests.Guests;

/// <summary>What can go wrong when a domain is made: one clear message, the right exit code, and nothing left.</summary>
[Collection("guests")]
public sealed class FailureTests : GuestHost
{
    private const int Failure = 1, Creation = 3;

    [Theory]
    [InlineData("missing", "No such file")]
    [InlineData("empty", "is empty")]
    [InlineData("garbage", "is not a kernel")]
    [InlineData("directory", "is a directory")]
    [InlineData("no-notes", "PV")]
    [InlineData("truncated", "truncated")]
    public void A_kernel_that_cannot_be_one(string kind, string cause)
    {
        var kernel = Kernel(kind);
        Refused(Creation, cause, Xl("create", "-q", Config("guest", "", $"kernel = \"{kernel}\"")), kernel);
    }

    [Fact]
    public void A_ram_disk_that_is_not_there() =>
        Refused(Creation, "No such file", Xl("create", "-q", Config("guest", "", "ramdisk = \"/no/ramdisk\"")), "/no/ramdisk");

    [Fact]
    public void Too_little_memory_for_the_kernel() =>
        Refused(Creation, "needs at least", Xl("create", "-q", Config("guest", "", "memory = 8")), GuestImages.Kernel);

    [Fact]
    public void A_syntax_error_has_its_place()
    {
        var config = Config("guest", "", "memory = = 8");
        Refused(Failure, $"{config}:6:10: expected", Xl("create", "-q", config), "memory");
    }

    [Fact]
    public void A_file_that_cannot_be_read() => Refused(Creation, "no such file", Xl("create", "-q", "/no/such.cfg"), "/no/such.cfg");

    [Fact]
    public void A_name_in_use()
    {
        XlOk("create", "-p", Config("guest", ""));

        var second = Xl("create", "-q", Config("guest", ""));

        Assert.Equal(Creation, second.ExitCode);
        Assert.Contains("a domain named \"guest\" exists already (domain id 1)", second.Error);
        Assert.Equal(1, Assert.Single(List()).Domid);
    }

    [Fact]
    public void Two_creates_at_the_same_instant_make_one_domain()
    {
        var config = Config("guest", "");
        Process[] both = [Start("xl", "create", "-qp", config), Start("xl", "create", "-qp", config)];
        foreach (var create in both)
        {
            create.StandardInput.Close();
            create.WaitForExit();
        }

        Assert.Equal([0, Creation], both.Select(create => create.ExitCode).Order());
        Assert.Single(List());
    }

    [Fact]
    public void A_run_directory_that_others_may_write_to_is_not_used()
    {
        var mode = File.GetUnixFileMode(Path);
        File.SetUnixFileMode(Path, mode | UnixFileMode.OtherWrite);
        var outcome = Xl("list");
        File.SetUnixFileMode(Path, mode);
        Refused(Failure, "others may write to", outcome, Path);
    }

    [Theory]
    [InlineData("8k", "domains")]
    [InlineData("64k", "start xenstored")]
    public void A_full_disk(string size, string what)
    {
        // A file system of few pages, in a mount namespace of its own, so that no right is needed.
        var full = System.IO.Path.Combine(Path, "full");
        Directory.CreateDirectory(full);
        var config = Config("guest", "");
        var script = $"""
            mount -t tmpfs -o size={size},mode=0700 tmpfs {full} || exit 99
            export XENOLITH_RUNDIR={full}
            {GuestImages.Programs}/xl create -q {config}
            code=$?
            ls {full}/domains >&2
            exit $code
            """;
        using var shell = Process.Start(new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", script])
        {
            RedirectStandardError = true,
        })!;
        var error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Refused(Creation, "No space left on device", new Outcome(shell.ExitCode, "", error), what);
    }

    [Fact]
    public void A_guest_that_faults_in_its_first_instruction_has_crashed()
    {
        const ulong Base = 0xffffffff80000000, Code = 0x100000;
        var kernel = System.IO.Path.Combine(Path, "ud2");
        File.WriteAllBytes(kernel, new ElfBuilder().Load(Code, [0x0f, 0x0b]).LinuxNotes(Base + Code).Build());

        XlOk("create", Config("guest", "", $"kernel = \"{kernel}\"", "on_crash = \"preserve\""));

        Eventually(() => Find("guest")!.State == "---sc-", "the crash is not seen");
        XlOk("destroy", "guest");

        // A console that shows nothing is no answer: the cause is said when it ends.
        var attached = Xl("create", "-c", Config("attached", "", $"kernel = \"{kernel}\"", "on_crash = \"destroy\""));
        Assert.Contains("domain attached has crashed: ", attached.Error);
        AssertNothingIsLeft();
    }

    private string Kernel(string kind)
    {
        var path = System.IO.Path.Combine(Path, kind);
        switch (kind)
        {
            case "empty": File.WriteAllBytes(path, []); break;
            case "garbage": File.WriteAllBytes(path, [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))]); break;
            case "directory": Directory.CreateDirectory(path); break;
            case "no-notes": File.Copy("/bin/true", path); break;
            case "truncated": File.WriteAllBytes(path, File.ReadAllBytes(GuestImages.Kernel)[..3_000_000]); break;
        }

        return path;
    }

    private void Refused(int code, string cause, Outcome outcome, string thing)
    {
        Assert.True(outcome.ExitCode == code, $"exit code {outcome.ExitCode}, {outcome.Error}");
        var message = Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(cause, message);
        Assert.Contains(thing, message);
        Assert.Empty(outcome.Output);
        AssertNothingIsLeft();
    }
}
