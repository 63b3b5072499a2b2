using Xenolith.Host;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Hotplug;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Unit.Toolstack.Devices;

/// <summary>Hotplug scripts: what they are given, and how their end is told.</summary>
public sealed class HotplugScriptTests : IDisposable
{
    private const int Generous = 60_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("xenolith-hotplug-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void It_runs_as_libxl_would_run_it()
    {
        Assert.Null(Run($"echo \"$@\" > {_directory}/out; env >> {_directory}/out; ls /proc/self/fd/3/ >> {_directory}/out"));

        var said = File.ReadAllLines($"{_directory}/out");
        Assert.Equal("online type_if=vif", said[0]);
        foreach (var line in (string[])[
            "XENBUS_TYPE=vif", "XENBUS_PATH=/local/domain/0/backend/vif/5/0", "XENBUS_BASE_PATH=backend", "vif=vif5.0", "netdev=eth9", $"script={_directory}/script",
            $"XENSTORED_PATH={_directory}/xenstored/socket", $"{RunDirectory.Variable}={_directory}"])
        {
            Assert.Contains(line, said);
        }

        Assert.Contains(said, line => line.StartsWith("PATH=") && line.Split(':').Length > 1);
    }

    [Fact]
    public void A_disks_script_is_given_what_a_disk_has()
    {
        Assert.Null(Run($"echo \"$@\" > {_directory}/out; env >> {_directory}/out", script: HotplugScript.ForDisk($"{_directory}/script", new DeviceAddress("vbd", 5, 51712)).Undoing));

        var said = File.ReadAllLines($"{_directory}/out");
        Assert.Equal("remove", said[0]);
        Assert.Contains("XENBUS_TYPE=vbd", said);
        Assert.Contains("XENBUS_PATH=/local/domain/0/backend/vbd/5/51712", said);
        Assert.DoesNotContain(said, line => line.StartsWith("vif=") || line.StartsWith("netdev="));
    }

    [Fact]
    public void What_it_said_comes_with_its_failure() =>
        Assert.Equal($"the hotplug script {_directory}/script online exited with code 7: no such bridge; giving up", Run("echo no such bridge >&2; echo giving up; exit 7"));

    [Fact]
    public void Words_without_end_do_not_hold_it_up() => Assert.Null(Run("head -c 1000000 /dev/zero | tr '\\0' x"));

    [Fact]
    public void Words_faster_than_anybody_reads_do_not_keep_it_alive() => Assert.Contains("did not end within 0.3 s and was killed", Run("yes & yes", 300));

    [Fact]
    public void One_that_does_not_end_is_killed_with_all_it_started()
    {
        var error = Run($"sleep 1000 & echo $! > {_directory}/pid; echo waiting; wait", 300);

        Assert.StartsWith($"the hotplug script {_directory}/script online did not end within 0.3 s and was killed", error);
        if (File.Exists($"{_directory}/pid") && int.TryParse(File.ReadAllText($"{_directory}/pid"), out var pid))
        {
            using var sleeper = ProcessHandle.TryOpen(pid);
            Assert.True(sleeper is null || sleeper.WaitForEnd(Generous), "its child lives on");
        }
    }

    [Fact]
    public void One_that_cannot_be_executed_is_named()
    {
        File.WriteAllText($"{_directory}/script", "#!/bin/sh\n");

        Assert.Contains($"the hotplug script {_directory}/script could not be run: Permission denied", Start(Generous));
    }

    private string? Run(string body, int milliseconds = Generous, HotplugScript? script = null)
    {
        File.WriteAllText($"{_directory}/script", $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode($"{_directory}/script", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Start(milliseconds, script);
    }

    private string? Start(int milliseconds, HotplugScript? script = null)
    {
        using var run = RunDirectory.Open(_directory, RunDirectory.UserId(), isolated: true);
        var loop = new EventLoop();
        var (ended, error) = (false, (string?)null);
        (script ?? HotplugScript.ForNic($"{_directory}/script", "/local/domain/0/backend/vif/5/0", "vif5.0", "eth9"))
            .Start(loop, run, milliseconds, e => (ended, error) = (true, e));
        Assert.True(loop.RunUntil(() => ended, Generous * 2), "its end was not told");
        return error;
    }
}
