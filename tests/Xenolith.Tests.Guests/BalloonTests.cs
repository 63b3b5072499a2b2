namespace Xenolith.Tests.Guests;

/// <summary>Memory of a running guest: its balloon gives pages back to the host and takes them again.</summary>
[Collection("guests")]
public sealed class BalloonTests : GuestHost
{
    private const string Home = "/local/domain/1";

    [Fact]
    public void Memory_goes_back_to_the_host_and_comes_again()
    {
        var unclaimed = FreeMemory();
        XlOk("create", Config("guest", string.Empty, "memory = 256", "maxmem = 384"));
        AwaitConsole("guest", "domU:");
        Assert.Equal(256, Find("guest")!.Memory);
        Assert.Equal(unclaimed - 384, FreeMemory()); // what it may take is promised
        Say("mount -t tmpfs -o size=300m big /tmp && dd if=/dev/zero of=/tmp/big bs=1M count=150 && rm /tmp/big && echo fil''led");
        AwaitConsole("guest", "\nfilled");
        var full = HeldMemory();

        XlOk("mem-set", "guest", "128");
        Eventually(() => Find("guest")!.Memory == 128, "the balloon does not inflate");
        Eventually(() => HeldMemory() < full - (80 << 10), $"of {full} KiB not 80 MiB came back to the host");
        Assert.Equal("131072", Node("memory/target"));
        Assert.Equal("128", Run("xenstore-read", $"{Run("xenstore-read", $"{Home}/vm").Output.Trim()}/memory").Output.Trim());
        Eventually(() => FreeMemory() == unclaimed - 128, "what was given back is not free");

        XlOk("mem-set", "guest", "393216k");
        Eventually(() => Find("guest")!.Memory == 384, "the balloon does not deflate");
        Say("dd if=/dev/zero of=/tmp/big bs=1M count=250 && rm /tmp/big && echo aga''in");
        AwaitConsole("guest", "\nagain");
    }

    [Fact]
    public void A_guest_grows_beyond_what_it_was_made_with()
    {
        XlOk("create", Config("guest", "memhp_default_state=online", "memory = 128", "maxmem = 128"));
        AwaitConsole("guest", "domU:");
        var unclaimed = FreeMemory();

        XlOk("mem-max", "guest", "512");
        Assert.Equal("524288", Node("memory/static-max"));
        Assert.Equal(unclaimed - (512 - 128), FreeMemory());
        XlOk("mem-set", "guest", "448");
        Eventually(() => Find("guest")!.Memory == 448, "the guest does not add memory");
        Say("mount -t tmpfs -o size=400m big /tmp && dd if=/dev/zero of=/tmp/big bs=1M count=300 && rm /tmp/big && echo fil''led");
        AwaitConsole("guest", "\nfilled");
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_figures()
    {
        XlOk("create", "-p", Config("guest", string.Empty, "memory = 64", "maxmem = 96"));

        Refused("at most 96 MiB (memory/static-max); 97 MiB were asked for", "mem-set", "guest", "97");
        Refused("invalid memory size: 1x", "mem-set", "guest", "1x");
        Refused("its maximum cannot be 63 MiB", "mem-max", "guest", "63");
        Refused("it asks for 9437184 MiB, has been promised 96 MiB", "mem-max", "guest", "9t");
        Assert.Equal("98304", Node("memory/static-max"));

        XlOk("mem-max", "guest", "64");
        Assert.Equal("65536", Node("memory/static-max"));
        Refused("at most 64 MiB", "mem-set", "guest", "96");
        Refused("Domain-0: it is this host itself", "mem-set", "0", "1g");
    }

    [Fact]
    public void The_host_keeps_what_a_boot_cfg_says()
    {
        File.WriteAllText(
            System.IO.Path.Combine(Path, "boot.cfg"),
            "menu=Plain:boot netbsd\nmenu=Xen:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen.gz dom0_mem=700M,max:800M dom0_max_vcpus=1 dom0_vcpus_pin loglvl=all\n");

        XlOk("create", "-p", Config("guest", string.Empty, "memory = 64"));

        var host = XlOk("list").Output.Split('\n')[1].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["Domain-0", "0", "700", "1"], host[..4]);
        Assert.Equal("dom0_mem=700M,max:800M dom0_max_vcpus=1 dom0_vcpus_pin loglvl=all", XlOk("info", "xen_commandline").Output.Trim());
        Assert.Equal(int.Parse(XlOk("info", "total_memory").Output) - 700 - 64, FreeMemory());
        Assert.Equal("716800", Run("xenstore-read", "/local/domain/0/memory/target").Output.Trim());
        Assert.Equal("819200", Run("xenstore-read", "/local/domain/0/memory/static-max").Output.Trim());
        Assert.Matches(@"(?m)^Domain-0 +0 +0 .* (0|all) / all$", XlOk("vcpu-list", "Domain-0").Output);
    }

    private int FreeMemory() => int.Parse(XlOk("info", "free_memory").Output);

    private string Node(string name) => Run("xenstore-read", $"{Home}/{name}").Output.Trim();

    /// <summary>KiB that the host holds for the domain's process, nearly all of it the guest's memory.</summary>
    private long HeldMemory() => long.Parse(
        File.ReadLines($"/proc/{State("process")}/status").First(l => l.StartsWith("RssAnon:")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private void Say(string command) => Type("guest", command);

    private string State(string field) => StateOf(1, field);

    private void Refused(string why, params string[] arguments)
    {
        var outcome = Xl(arguments);
        Assert.Equal((1, string.Empty), (outcome.ExitCode, outcome.Output));
        Assert.Contains(why, outcome.Error);
    }
}
