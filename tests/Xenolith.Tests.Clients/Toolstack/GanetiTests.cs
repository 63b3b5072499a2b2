using System.Diagnostics;
using System.Text.Json;
using Xenolith.Host;
using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>Ganeti's Xen hypervisor, unmodified, with our xl: an instance's whole life as its node daemon lives it.</summary>
[Collection("guests")]
public sealed class GanetiTests : CallerHost
{
    private const string Name = "inst1.example.com";

    [Fact]
    public void An_instance_lives_reboots_and_ends_as_Ganeti_wants_it()
    {
        var directory = System.IO.Path.Combine(Path, "ganeti");
        Directory.CreateDirectory(directory);
        string[] disks = [Disk("a"), Disk("b"), Disk("c")];
        using var driver = Drive(directory, disks);

        var first = Next(driver);
        Assert.Equal(JsonValueKind.Null, first.GetProperty("verify").ValueKind);
        Assert.Empty(first.GetProperty("before").EnumerateArray());
        Assert.Equal([Name], first.GetProperty("list").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal($"[\"{Name}\", 1, 128, 1, true]", first.GetProperty("started").ToString());
        Assert.Equal(1, first.GetProperty("all").GetInt32());
        Assert.Contains("cpu = \"0,1\"\n", first.GetProperty("config").GetString());
        Assert.Contains(
            $"disk = ['tap:aio:{disks[0]},sda,w','file:{disks[1]},sdb,w','tap2:tapdisk:aio:{disks[2]},sdc,w']\n", first.GetProperty("config").GetString());
        Assert.Equal("2048\n2064\n2080\n", Run("xenstore-list", "/local/domain/1/device/vbd").Output);
        Assert.Contains("on_poweroff = 'preserve'\n", first.GetProperty("config").GetString());
        foreach (var node in (string[])["node", "busy"])
        {
            var facts = first.GetProperty(node);
            Assert.All((string[])["memory_total", "memory_free", "memory_dom0", "cpu_total", "cpu_nodes", "cpu_sockets", "cpu_dom0"],
                fact => Assert.True(facts.GetProperty(fact).GetInt32() > 0, fact));
            Assert.True(facts.GetProperty("memory_hv").GetInt32() >= 0);
            Assert.Equal("[4, 17]", facts.GetProperty("hv_version").ToString());
        }

        AwaitConsole(Name, "XENOLITH-USERSPACE");
        driver.StandardInput.WriteLine();
        Assert.Equal($"[\"{Name}\", 2, 128, 1, true]", Next(driver).GetProperty("rebooted").ToString());

        Eventually(() => ConsoleSays("XENOLITH-USERSPACE") == 2, "the instance does not boot again");
        driver.StandardInput.WriteLine();
        var last = Next(driver);
        Assert.Equal(JsonValueKind.Null, last.GetProperty("stopped").ValueKind);
        Assert.False(last.GetProperty("config_left").GetBoolean());
        Assert.Equal($"[\"{Name}\", 3, 128, 1, true]", last.GetProperty("paused").ToString());
        Assert.Empty(last.GetProperty("after").EnumerateArray());
        driver.WaitForExit();
        Assert.Equal(0, driver.ExitCode);
    }

    private int ConsoleSays(string text) =>
        File.ReadAllText(System.IO.Path.Combine(Path, "log", "console", $"guest-{Name}.log")).Split(text).Length - 1;

    private string Disk(string name)
    {
        var path = Write($"{name}.img", "");
        using var file = File.OpenWrite(path);
        file.SetLength(1 << 20);
        return path;
    }

    private Process Drive(string directory, string[] disks)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Source("drive_ganeti.py"), directory, GuestImages.Kernel, GuestImages.Initramfs, .. disks])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[RunDirectory.Variable] = Path;
        start.Environment["PATH"] = $"{GuestImages.Programs}:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["PYTHONPATH"] = $"{Packages}/usr/share/ganeti/3.0:{Packages}/usr/lib/python3/dist-packages";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return Process.Start(start)!;
    }

    private static JsonElement Next(Process driver)
    {
        var line = driver.StandardOutput.ReadLine();
        Assert.True(line is not null, "Ganeti's class raised an exception; it stands in the test's output");
        return JsonDocument.Parse(line).RootElement;
    }
}
