using Xenolith.Cli.Commands;
using Xenolith.Cli.Xl;
using Xenolith.Tests.Unit.Captures;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

public sealed class XlCommandTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"xl-{Guid.NewGuid():N}.cfg");
    private readonly XlRun _run = new();

    public XlCommandTests()
    {
        File.WriteAllText(_file, "name = 'web'\nkernel = '/k'\nmemory = 64\n");
        foreach (var (domid, name) in (ReadOnlySpan<(int, string)>)[(0, "Domain-0"), (3, "web"), (4, "db")])
        {
            _run.Host.Domains.Add(new DomainSummary
            {
                Domid = domid,
                Name = name,
                Uuid = Guid.Empty,
                MemoryKib = 0,
                MaximumKib = 0,
                Vcpus = 1,
            });
        }
    }

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Every_command_of_real_xl_is_in_the_table_and_in_help()
    {
        var real = XenCapture.Read("xl-basic.txt").Single(c => c.Name == "xl-noargs").Stdout.Split('\n')
            .Where(line => line.Length > 2 && line[0] == ' ' && char.IsAsciiLetterLower(line[1])).Select(line => line.Split(' ')[1]).ToList();
        Assert.True(real.Count > 80);

        Assert.Equal(0, _run.Xl("help"));
        Assert.All(real, name => Assert.Contains($"\n {name} ", _run.Stdout));
        Assert.StartsWith("Usage xl [-vfNtT] <subcommand> [args]\n\nxl full list of subcommands:\n\n create              Create", _run.Stdout);
    }

    [Fact]
    public void A_command_either_runs_or_says_why_not()
    {
        foreach (var command in XlCommands.Set.Commands.Where(command => command.Run is null))
        {
            Assert.Equal(1, _run.Xl(command.Name, "a", "b", "c", "d"));
            Assert.Equal($"`xl {command.Name}' is not available: {command.Absence}.\n", _run.Stderr);
        }

        Assert.All(XlCommands.Set.Commands, command => Assert.True(command.Run is null != command.Absence is null, command.Name));
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(1, "frobnicate")]
    [InlineData(1, "-q list")]
    [InlineData(0, "help nosuch")]
    [InlineData(0, "help create")]
    [InlineData(0, "list -h")]
    [InlineData(2, "list -Q")]
    [InlineData(2, "create --bogus")]
    [InlineData(2, "create a b c")]
    [InlineData(6, "create")]
    [InlineData(3, "create /nonexistent.cfg")]
    [InlineData(3, "create nonexistent")]
    [InlineData(3, "create /usr")]
    [InlineData(1, "create /dev/zero")]
    [InlineData(2, "console -e ^^^ web")]
    [InlineData(2, "destroy")]
    [InlineData(1, "destroy nosuch")]
    [InlineData(1, "destroy 99")]
    [InlineData(1, "destroy 0")]
    [InlineData(1, "destroy Domain-0")]
    [InlineData(1, "shutdown nosuch")]
    [InlineData(1, "shutdown")]
    [InlineData(1, "reboot nosuch")]
    [InlineData(1, "reboot")]
    [InlineData(1, "pause nosuch")]
    [InlineData(2, "pause")]
    [InlineData(0, "pause 0")]
    [InlineData(0, "unpause 0")]
    [InlineData(1, "console nosuch")]
    [InlineData(1, "console 99")]
    [InlineData(22, "console 0")]
    [InlineData(1, "domid nosuch")]
    [InlineData(1, "domid 0")]
    [InlineData(0, "domid Domain-0")]
    [InlineData(2, "domid")]
    [InlineData(1, "domname 99")]
    [InlineData(1, "domname abc")]
    [InlineData(2, "domname")]
    [InlineData(1, "rename nosuch foo")]
    [InlineData(2, "rename Domain-0")]
    [InlineData(1, "list nosuch")]
    [InlineData(1, "list 99")]
    [InlineData(1, "list a b")]
    [InlineData(1, "list -l nosuch")]
    [InlineData(1, "vcpu-list nosuch")]
    [InlineData(2, "dmesg -Q")]
    [InlineData(2, "info -Q")]
    [InlineData(0, "info bogusfield")]
    [InlineData(1, "uptime nosuch")]
    [InlineData(0, "uptime 99")]
    [InlineData(0, "vcpu-list 99")]
    [InlineData(0, "vm-list x")]
    [InlineData(0, "claims x")]
    [InlineData(1, "channel-list nosuch")]
    [InlineData(1, "button-press nosuch power")]
    [InlineData(1, "sharing nosuch")]
    [InlineData(1, "vncviewer nosuch")]
    [InlineData(1, "pci-list nosuch")]
    [InlineData(1, "usb-list nosuch")]
    [InlineData(1, "save nosuch /tmp/x")]
    [InlineData(1, "restore /nonexistent")]
    [InlineData(1, "migrate nosuch host")]
    [InlineData(2, "unpause")]
    [InlineData(1, "unpause nosuch")]
    [InlineData(2, "rename")]
    [InlineData(2, "sysrq")]
    [InlineData(1, "list -l 99")]
    [InlineData(1, "cpupool-list nosuch")]
    [InlineData(1, "sysrq nosuch h")]
    [InlineData(1, "sysrq 0 hh")]
    [InlineData(2, "sysrq 0")]
    [InlineData(255, "getenforce")]
    [InlineData(1, "-N list")]
    public void Exit_codes_are_real_xls(int code, string words)
    {
        Assert.Equal(code, _run.Xl(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.True(code == 0 || _run.Stderr.Length > 0 || _run.Stdout.Length > 0);
        Assert.Empty(_run.Host.Asked);
    }

    [Fact]
    public void What_is_no_configuration_is_said_in_few_words()
    {
        File.WriteAllBytes(_file, [0x7f, (byte)'E', (byte)'L', (byte)'F', 0, 1]);
        Assert.Equal(1, _run.Xl("create", "-q", _file));
        Assert.Equal($"{_file} is no configuration: it is not a text file (it has zero bytes).\n", _run.Stderr);

        File.WriteAllText(_file, string.Concat(Enumerable.Repeat("Dear reader,\n", 100)));
        Assert.Equal(1, _run.Xl("create", "-q", _file));
        Assert.Equal(21, _run.Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.EndsWith("... and 80 more of that kind; is this a configuration at all?\n", _run.Stderr);

        Assert.Equal(3, _run.Xl("create", "-q", ""));
        Assert.Contains("the name of the configuration file is empty", _run.Stderr);
    }

    [Fact]
    public void A_domain_without_memory_cannot_be_made()
    {
        File.AppendAllText(_file, "memory = 0\n");
        Assert.Equal(3, _run.Xl("create", "-q", _file));
        Assert.Contains(":4:10: `memory' is 0", _run.Stderr);
        Assert.Empty(_run.Host.Asked);
    }

    [Fact]
    public void The_key_that_leaves_a_console_can_be_chosen()
    {
        Assert.Equal(0, _run.Xl("console", "-e", "^a", "web"));
        Assert.Equal(0, _run.Xl("console", "--escape=q", "web"));
        Assert.Equal(0, _run.Xl("console", "web"));
        Assert.Equal(["console 3 False 1", "console 3 False 113", "console 3 False"], _run.Host.Asked);
    }

    [Fact]
    public void A_device_in_the_place_of_a_format_is_explained()
    {
        Assert.Equal(1, _run.Xl("block-attach", "web", "/a.img,xvdb,w"));
        Assert.Contains("the order is target,format,vdev,access; leave the format empty, as in `/a.img,,xvdb,w'", _run.Stderr);
    }

    [Fact]
    public void A_command_may_be_abbreviated_to_a_unique_beginning()
    {
        Assert.Equal(0, _run.Xl("unp", "web"));
        Assert.Equal(0, _run.Xl("li"));
        Assert.Equal(1, _run.Xl("pa"[..1], "web"));
        Assert.Contains("it could be pci-attach", _run.Stderr);
        Assert.Equal(["unpause 3"], _run.Host.Asked);
    }

    [Fact]
    public void A_misspelt_command_is_guessed()
    {
        Assert.Equal(1, _run.Xl("craete"));
        Assert.Contains("did you mean `create'?", _run.Stderr);
    }

    [Fact]
    public void Create_passes_its_options()
    {
        Assert.Equal(0, _run.Xl("create", "-cp", _file, "name=\"b\"", "-F"));
        Assert.Equal(["create b paused=True F=True e=False c=True"], _run.Host.Asked);
        Assert.Equal($"Parsing config from {_file}\n", _run.Stderr);
        Assert.Equal(0, _run.Xl("create", "-q", "-e", "--defconfig=" + _file));
        Assert.Empty(_run.Stderr);
    }

    [Theory]
    [InlineData("-n")]
    [InlineData("--dryrun")]
    [InlineData("--dry")]
    public void A_dry_run_creates_nothing(string option)
    {
        Assert.Equal(0, _run.Xl("create", option, _file));
        Assert.StartsWith("{\n    \"c_info\": {", _run.Stdout);
        Assert.Equal(0, _run.Xl("-N", "create", _file));
        Assert.Empty(_run.Host.Asked);
    }

    [Fact]
    public void A_wrong_file_creates_nothing_and_exits_1_and_what_cannot_run_here_exits_3()
    {
        Assert.Equal(1, _run.Xl("create", _file, "memory=\"x\""));
        Assert.Contains("command line:1:8: `memory' needs a number", _run.Stderr);
        Assert.Equal(3, _run.Xl("create", _file, "type=\"hvm\""));
        Assert.Equal(0, _run.Xl("create", "-n", _file, "type=\"hvm\""));
        Assert.Empty(_run.Host.Asked);
    }

    [Fact]
    public void A_file_without_its_ending_is_found_in_the_configuration_directories()
    {
        var services = new Services(() => _run.Host) { ConfigDirectories = [Path.GetTempPath()] };
        Assert.Equal("web", ConfigFile.Read(Path.GetFileNameWithoutExtension(_file), [], services).Config!.Name);
    }

    [Fact]
    public void Shutdown_asks_and_waits_as_told()
    {
        Assert.Equal(0, _run.Xl("shutdown", "web"));
        Assert.Equal("Shutting down domain 3\n", _run.Stderr);
        Assert.Equal(0, _run.Xl("shutdown", "-w", "web"));
        Assert.Equal("Shutting down domain 3\nWaiting for 1 domains\nDomain 3 has been shut down, reason code 0\n", _run.Stderr);
        Assert.Equal(0, _run.Xl("reboot", "-wwaF"));
        Assert.Equal(
            ["poweroff 3", "watch 3", "poweroff 3", "watch 3", "reboot 3", "watch 4", "reboot 4"], _run.Host.Asked);
        Assert.EndsWith(
            "Domain 4 has been shut down, reason code 0\nDomain 4 continue waiting for death\nDomain 4 has been destroyed\n", _run.Stderr);
    }

    [Fact]
    public void One_deaf_domain_does_not_keep_the_others_running()
    {
        _run.Host.Deaf.Add(3);
        Assert.Equal(1, _run.Xl("shutdown", "-a"));
        Assert.Equal(["poweroff 4"], _run.Host.Asked);
        Assert.Contains("domain 3 does not listen", _run.Stderr);
    }

    [Fact]
    public void Sysrq_and_inspect()
    {
        Assert.Equal(0, _run.Xl("sysrq", "web", "h"));
        Assert.Equal(["sysrq 3 h"], _run.Host.Asked);
        Assert.Equal(0, _run.Xl("inspect", "web"));
        Assert.Equal("exits               7\n", _run.Stdout);
    }

    [Fact]
    public void Global_options_act()
    {
        Assert.Equal(0, _run.Xl("-v", "create", _file));
        Assert.Contains("xl: debug: creating web: 64 MiB, 1 of 1 vCPUs, kernel /k\n", _run.Stderr);
        Assert.EndsWith("xl: debug: create ends with exit code 0\n", _run.Stderr);
        Assert.Equal(0, _run.Xl("-T", "shutdown", "web"));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ \[\d+\] Shutting down domain 3\n$", _run.Stderr);
        Assert.Equal(0, _run.Xl("-t", "shutdown", "-w", "web"));
        Assert.Contains("\r1 to go \r", _run.Stderr);
        Assert.Equal(0, _run.Xl("-vfTt", "list"));
    }

    [Fact]
    public void Quotas_of_the_store_are_asked_for_by_domain_or_for_all()
    {
        Assert.Equal(1, _run.Xl("xenstore-quota-get"));
        Assert.Equal(0, _run.Xl("xenstore-quota-get", "-g"));
        Assert.Equal("Quota name           Quota value\n--------------------------------\nnodes                    1000\n", _run.Stdout);
        Assert.Equal(1, _run.Xl("xenstore-quota-get", "nosuch"));
        Assert.Equal(1, _run.Xl("xenstore-quota-set", "-g"));
        Assert.Equal(1, _run.Xl("xenstore-quota-set", "-g", "nodes=x"));
        Assert.Equal(0, _run.Xl("xenstore-quota-set", "web", "nodes=7"));
        Assert.Equal(["quota 3 nodes 7"], _run.Host.Asked);
    }

    [Fact]
    public void Channels_are_listed_as_real_xl_lists_none()
    {
        Assert.Equal(0, _run.Xl("channel-list", "web"));
        Assert.Equal("Idx BE state evt-ch ring-ref connection                               \n", _run.Stdout);
        Assert.Equal(1, _run.Xl("channel-list", "nosuch"));
        Assert.Equal(2, _run.Xl("channel-list"));
    }

    [Fact]
    public void Config_check_tells_all_it_knows()
    {
        File.AppendAllText(_file, "memroy = 1\nnomigrate = 1\n");
        Assert.Equal(1, _run.Xl("config", "check", _file));
        Assert.Contains($"{_file}:4:1: unknown key `memroy'; did you mean `memory'?", _run.Stdout);
        Assert.Contains($"{_file}:5:1: note: `nomigrate' has no effect", _run.Stdout);
        Assert.Equal(0, _run.Xl("config", "keys", "memory"));
        Assert.StartsWith("memory: ", _run.Stdout);
    }

    [Fact]
    public void Help_of_a_command_has_its_options()
    {
        _run.Xl("help", "shutdown");
        Assert.StartsWith("Usage: xl [-vtTf] shutdown [options] <-a|Domain>\n\nAsk a domain to shut down.\n\nOptions:\n\n-a, --all               All guests\n", _run.Stdout);
    }

    [Fact]
    public void Json_stands_beside_each_table()
    {
        foreach (var words in (string[][])[["list"], ["vm-list"], ["vcpu-list"], ["uptime"], ["claims"], ["info"]])
        {
            Assert.Equal(0, _run.Xl([.. words, "--json"]));
            System.Text.Json.JsonDocument.Parse(_run.Stdout).Dispose();
        }
    }
}
