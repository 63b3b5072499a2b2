using System.Diagnostics;
using Xenolith.Host;
using Xenolith.Toolstack;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>design, "xl create must come back": how it returns and what it leaves behind.</summary>
[Collection("host")]
public sealed class CreateTests : TestHost
{
    [Fact]
    public void A_caller_that_captures_output_gets_it_at_once_while_the_domain_lives()
    {
        var (exitCode, output, error) = RunXl("create", "guest", "echo");

        Assert.Equal((0, string.Empty, string.Empty), (exitCode, output, error));
        Assert.Equal("guest", Find("guest")!.Name);
    }

    [Fact]
    public void Monitor_and_domain_lead_sessions_of_their_own_without_our_descriptors()
    {
        using var leak = File.OpenHandle("/dev/zero");
        Create("guest", "echo");

        foreach (var pid in Processes())
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            Assert.Equal(pid.ToString(), stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
            Assert.Equal("/dev/null", Link(pid, 0));
            Assert.EndsWith("xl-guest.log", Link(pid, 1));
            Assert.EndsWith("xl-guest.log", Link(pid, 2));
            var open = Directory.GetFiles($"/proc/{pid}/fd").Select(f => new FileInfo(f).LinkTarget).ToList();
            Assert.DoesNotContain("/dev/zero", open);
        }

        Assert.Equal(2, Processes().Count);
    }

    [Fact]
    public void A_name_in_use_is_refused_and_the_first_domain_lives_on()
    {
        Create("guest", "echo");

        var (exitCode, _, error) = RunXl("create", "guest", "echo");

        Assert.Equal(3, exitCode);
        Assert.Contains("\"guest\" exists already (domain id 1)", error);
        Assert.Equal(1, Find("guest")!.Domid);
    }

    [Fact]
    public void Of_two_creations_at_the_same_instant_one_wins()
    {
        var racers = Enumerable.Range(0, 4).Select(_ => Xl("create", "guest", "slow=50 echo")).ToList();
        racers.ForEach(r => r.WaitForExit());

        Assert.Equal([0, 3, 3, 3], racers.Select(r => r.ExitCode).Order());
        Assert.Equal(2, Host.List().Count);
        racers.ForEach(r => r.Dispose());
    }

    [Fact]
    public void A_domain_that_cannot_be_built_says_why_and_leaves_nothing()
    {
        var (exitCode, _, error) = RunXl("create", "guest", "refuse=rubbish");

        Assert.Equal((3, "the scripted kernel: rubbish. Script another.\n"), (exitCode, error));
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_missing_kernel_names_the_file_and_the_key()
    {
        var failure = Assert.Throws<ToolstackException>(() => Create("guest", "echo", "kernel=/nonexistent/vmlinuz"));

        Assert.Equal(3, failure.ExitCode);
        Assert.Equal("cannot open kernel /nonexistent/vmlinuz: No such file or directory. Check `kernel` in the configuration.", failure.Message);
        AssertNothingIsLeft();
    }

    [Fact]
    public void More_memory_than_the_host_has_is_refused_with_the_figures()
    {
        var failure = Assert.Throws<ToolstackException>(() => Create("guest", "echo", "memory=99999999"));

        Assert.Equal(3, failure.ExitCode);
        Assert.Contains("it asks for 99999999 MiB", failure.Message);
        Assert.Contains("Domain-0", failure.Message);
    }

    [Fact]
    public void Killing_xl_create_before_the_domain_is_built_leaves_nothing()
    {
        using var xl = Xl("create", "guest", "slow=60000");
        Eventually(() => Processes().Count >= 3, () => "no domain process came");
        xl.Kill();
        xl.WaitForExit();

        Eventually(() => Processes().Count == 0, () => "the monitor goes on");
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_domain_that_is_being_built_can_be_destroyed()
    {
        using var xl = Xl("create", "guest", "slow=60000");
        Eventually(() => Find("guest") is not null, () => "it is not listed");

        Host.Destroy(1);

        xl.WaitForExit();
        Assert.Equal(3, xl.ExitCode);
        Assert.Equal("the creation of domain guest was abandoned: it was destroyed before it was built.\n", xl.StandardError.ReadToEnd());
    }

    [Fact]
    public void Killing_a_console_viewer_leaves_the_domain_running()
    {
        using var xl = Xl("create", "-c", "guest", "say=up echo");
        Assert.Equal("up", xl.StandardOutput.ReadLine());
        xl.Kill();
        xl.WaitForExit();

        Eventually(() => Find("guest")!.StateLetters == "-b----", () => "it does not go on");
    }

    [Fact]
    public void Paused_means_that_nothing_runs_before_unpause()
    {
        RunXl("create", "-p", "guest", "say=started echo");
        Assert.Equal("--p---", Find("guest")!.StateLetters);

        using var console = Xl("console", "guest");
        Host.Unpause(1);

        Assert.Equal("started", console.StandardOutput.ReadLine());
        Eventually(() => Find("guest")!.StateLetters == "-b----", () => "it does not block");
        Host.Pause(1);
        Assert.Equal("--p---", Find("guest")!.StateLetters);
        console.Kill();
    }

    [Fact]
    public void The_foreground_monitor_tells_the_life_and_returns_at_its_end()
    {
        var (exitCode, _, error) = RunXl("create", "-F", "guest", "say=hello shutdown=0");

        Assert.Equal(0, exitCode);
        Assert.Matches(
            """
            ^Waiting for domain guest \(domid 1\) to die \[pid \d+\]
            Domain 1 has shut down, reason code 0 0x0
            Action for shutdown reason code 0 is destroy
            Domain 1 needs to be cleaned up: destroying the domain
            Done\. Exiting now
            $
            """,
            error);
        AssertNothingIsLeft();
    }

    [Fact]
    public void Without_a_monitor_a_domain_that_shut_down_stays_until_destroyed()
    {
        RunXl("create", "-e", "guest", "shutdown=0");

        Eventually(() => Find("guest")!.StateLetters == "---s--", () => "it does not shut down");
        Host.Destroy(1);
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_busy_domain_shows_that_it_runs_and_its_time()
    {
        Create("guest", "spin=60000");

        Eventually(() => Find("guest")!.StateLetters == "r-----", () => "it does not run");
        Eventually(() => Find("guest")!.CpuNanoseconds > 50_000_000, () => "its time stands still");
    }

    [Fact]
    public void A_very_long_run_directory_works()
    {
        var deep = System.IO.Path.Combine(Path, new string('d', 200));
        Environment.SetEnvironmentVariable(RunDirectory.Variable, deep);

        var (created, _, error) = RunXl("create", "guest", "say=deep");
        Assert.Equal((0, string.Empty), (created, error));
        Eventually(() => RunXl("list") == (0, "Domain-0 0 r-----\nguest 1 -b----\n", string.Empty), () => RunXl("list").ToString());
        Assert.Equal(0, RunXl("destroy", "guest").ExitCode);
        Environment.SetEnvironmentVariable(RunDirectory.Variable, Path);
    }

    [Fact]
    public void A_full_disk_is_named_and_nothing_is_left()
    {
        using var shell = Process.Start(new ProcessStartInfo("unshare", [
            "-rm", "sh", "-c", "mount -t tmpfs -o size=64k,mode=700 none $0 && \"$1\" xl list >/dev/null && { cat /dev/zero >$0/filler 2>/dev/null; \"$1\" xl create guest echo; echo $?; ls $0/domains; }",
            Path, Environment.ProcessPath!])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = shell.StandardError.ReadToEnd();

        Assert.Matches("^cannot (create domain guest: )?.*: No space left on device\\. Free some space on that file system\\.\n$", error);
        Assert.Equal("3\n", shell.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void A_disk_that_fills_up_later_ends_no_domain()
    {
        using var shell = Process.Start(new ProcessStartInfo("unshare", [
            "-rm", "sh", "-c", """
            mount -t tmpfs -o size=1m,mode=700 none $0 && "$1" xl create -p guest "say=up echo" || exit 1
            cat /dev/zero > $0/filler 2>/dev/null
            "$1" xl unpause guest; echo $?
            "$1" xl list | tail -n 1 | cut -d' ' -f1,2
            "$1" xl destroy guest; echo $?
            "$1" xl list; ls $0/domains
            """,
            Path, Environment.ProcessPath!])
        { RedirectStandardOutput = true })!;

        Assert.Equal("0\nguest 1\n0\nDomain-0 0 r-----\n", shell.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void A_run_directory_of_another_user_is_refused_by_name()
    {
        var foreign = System.IO.Path.Combine(Path, "foreign");
        Directory.CreateDirectory(foreign);
        File.SetUnixFileMode(foreign, (UnixFileMode)Convert.ToInt32("777", 8));
        Environment.SetEnvironmentVariable(RunDirectory.Variable, foreign);

        var (exitCode, _, error) = RunXl("list");

        Environment.SetEnvironmentVariable(RunDirectory.Variable, Path);
        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"cannot use the run directory {foreign}, which others may write to (mode 777): Operation not permitted. "
            + "Give the directory to this user, or choose another with XENOLITH_RUNDIR.\n",
            error);
    }

    [Fact]
    public void Another_users_domain_is_listed_with_its_host_and_an_unknown_name_says_where_it_exists()
    {
        Create("elsewhere", "echo");
        var other = Directory.CreateTempSubdirectory("xenolith-other-").FullName;
        File.SetUnixFileMode(other, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable(RunDirectory.Variable, other);
        using (var host = XenHost.Open(ScriptedParts.Value))
        {
            Assert.Contains((Path, "elsewhere"), host.ListOthers().Select(o => (o.RunDirectory, o.Domain.Name)));
            Assert.Contains(Path, Assert.Throws<ToolstackException>(() => host.Find("elsewhere")).Message);
        }

        Environment.SetEnvironmentVariable(RunDirectory.Variable, Path);
        Directory.Delete(other, recursive: true);
    }

    private static string? Link(int pid, int descriptor) => new FileInfo($"/proc/{pid}/fd/{descriptor}").LinkTarget;
}
