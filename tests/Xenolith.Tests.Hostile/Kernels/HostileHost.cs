using System.Globalization;
using System.Text;
using Xenolith.Host;
using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Hostile.Kernels;

/// <summary>A host with the native program, a domain whose kernel is hostile, and what is looked at afterwards.</summary>
public abstract class HostileHost(ITestOutputHelper output) : GuestHost
{
    /// <summary>Creates the domain <c>hostile</c> with a disk of 16 MiB and a vif.</summary>
    /// <param name="mode">What it is to break.</param>
    /// <param name="rounds">How often.</param>
    /// <param name="target">What its disk is, if not the raw image <c>hostile.img</c>.</param>
    protected void CreateHostile(string mode, int rounds, string? target = null)
    {
        output.WriteLine($"mode={mode} seed={FuzzSeeds.First} rounds={rounds}");
        var disk = System.IO.Path.Combine(Path, "hostile.img");
        using (var file = File.Create(disk))
        {
            file.SetLength(16 << 20);
        }

        var config = System.IO.Path.Combine(Path, "hostile.cfg");
        File.WriteAllText(
            config,
            $"""
            name = "hostile"
            kernel = "{HostileKernel.Path}"
            memory = 32
            maxmem = 64
            vcpus = 2
            extra = "mode={mode} seed={FuzzSeeds.First} rounds={rounds}"
            disk = [ "vdev=xvda, access=rw, target={target ?? disk}" ]
            vif = [ "bridge=lan" ]
            on_crash = "preserve"

            """);
        XlOk("create", config);
    }

    /// <summary>Waits until the kernel has done its worst; it must neither have crashed nor have found a backend stuck.</summary>
    protected void AwaitWorst()
    {
        AwaitConsole("hostile", "HOSTILE-DONE");
        Assert.DoesNotContain("STUCK", ReadLog("console/guest-hostile.log"));
        AssertHostileLives();
    }

    /// <summary>It is not shut down or crashed: what it did cost it devices, nothing else.</summary>
    protected void AssertHostileLives() => Assert.Matches("^[r-][b-]----$", Find("hostile")!.State);

    /// <summary>What the monitor wrote of the domain; no defect of ours may be in it.</summary>
    protected string MonitorLog()
    {
        var text = ReadLog("xl-hostile.log");
        Assert.DoesNotContain("   at Xenolith", text);
        Assert.DoesNotContain("internal error", text);
        return text;
    }

    /// <summary>Everything of this host's processes that could grow: descriptors, threads, private memory (the guests' too) in KiB.</summary>
    protected (int Descriptors, int Threads, long AnonymousKib) Held()
    {
        var (descriptors, threads, kib) = (0, 0, 0L);
        foreach (var pid in Processes("domain-").Concat(Processes("xenstored")))
        {
            descriptors += Directory.GetFiles($"/proc/{pid}/fd").Length;
            threads += Directory.GetDirectories($"/proc/{pid}/task").Length;
            kib += long.Parse(File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Split(':')[1].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }

        return (descriptors, threads, kib);
    }

    /// <summary>A log of this host.</summary>
    protected string ReadLog(string name)
    {
        var path = System.IO.Path.Combine(Path, "log", name);
        return File.Exists(path) ? File.ReadAllText(path, Encoding.Latin1) : string.Empty;
    }
}
