using Xenolith.Cli.Autostart;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>Which domains come with the host, in which order, and what becomes of those that do not.</summary>
public sealed class AutostartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("xenolith-auto-").FullName;
    private readonly FakeHost _host = new();
    private readonly Terminal _terminal = new(new Output(), new Output());

    public AutostartTests()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "auto"));
        foreach (var (file, name) in (ReadOnlySpan<(string, string)>)[("zoo.cfg", "zoo"), ("foo", "foo"), ("auto/10-bar", "bar"), ("auto/05-baz", "baz"), ("auto/foo", "foo"), ("auto/old~", "old")])
            File.WriteAllText(Path.Combine(_directory, file), $"name='{name}'\nkernel='/k'\nmemory=64\n");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Named_domains_come_first_in_their_order_then_the_directory_by_name()
    {
        Assert.Equal(0, AutostartStart.Start(Settings("zoo foo"), Services(), _terminal));
        Assert.Equal(["zoo", "foo", "baz", "bar"], _host.Asked.Select(asked => asked.Split(' ')[1]));
        Assert.Equal("Starting auto Xen domains: zoo foo baz bar\n", _terminal.Out.Pending);
    }

    [Fact]
    public void What_runs_is_left_alone_and_what_is_wrong_keeps_nobody_else()
    {
        _host.Domains.Add(Domain(1, "baz"));
        File.WriteAllText(Path.Combine(_directory, "auto/07-bad"), "memory = [\n");
        Assert.Equal(1, AutostartStart.Start(Settings(""), Services(), _terminal));
        Assert.Equal(["bar", "foo"], _host.Asked.Select(asked => asked.Split(' ')[1]));
        Assert.Contains(" baz(skip) 07-bad!", _terminal.Out.Pending);
        Assert.Contains("An error occurred while creating domain 07-bad: ", _terminal.Error.Pending);
    }

    [Fact]
    public void Status_names_what_is_missing()
    {
        _host.Domains.Add(Domain(1, "baz"));
        Assert.Equal(3, AutostartStart.Status(Settings(""), Services(), _terminal));
        Assert.Equal("Checking for xendomains: baz\nMISS AUTO: bar foo\n", _terminal.Out.Pending);
    }

    [Fact]
    public void All_are_asked_and_the_deaf_are_destroyed()
    {
        _host.Domains.AddRange([Domain(0, "Domain-0"), Domain(3, "web") with { ShutdownReason = 0 }, Domain(4, "deaf")]);
        _host.Deaf.Add(4);
        Assert.Equal(0, AutostartStop.Stop([], Settings(""), Services(), _terminal));
        Assert.Equal(["watch 4", "destroy 4"], _host.Asked);
        Assert.Contains("Domain deaf: domain 4 does not listen; it is destroyed.", _terminal.Error.Pending);
    }

    [Fact]
    public void Settings_are_read_as_the_shell_would_and_nothing_is_executed()
    {
        var settings = new AutostartSettings().With("# xendomains=no\nxendomains=\"foo  bar\"\nXENDOMAINS_AUTO='/a b' # c\nXENDOMAINS_STOP_MAXWAIT=7 # s\nX=$(reboot)\nif true; then\n");
        Assert.Equal(["foo", "bar"], settings.Domains);
        Assert.Equal(("/a b", 7), (settings.Directory, settings.StopSeconds));
        Assert.Equal(9, AutostartSettings.Load([], name => name == "XENDOMAINS_STOP_MAXWAIT" ? "9" : null).StopSeconds);
    }

    [Fact]
    public void Users_have_a_directory_of_their_own()
    {
        Assert.Equal("/etc/xen/auto", AutostartSettings.DefaultDirectory(0, _ => "/x"));
        Assert.Equal("/home/u/.config/xenolith/auto", AutostartSettings.DefaultDirectory(5, name => name == "HOME" ? "/home/u" : null));
    }

    private AutostartSettings Settings(string domains) => new AutostartSettings { Directory = Path.Combine(_directory, "auto") }.With($"xendomains=\"{domains}\"");

    private Services Services() => new(() => _host) { ConfigDirectories = [_directory], HostCpus = 2 };

    private static DomainSummary Domain(int domid, string name) => new() { Domid = domid, Name = name, Uuid = Guid.Empty, MemoryKib = 0, MaximumKib = 0, Vcpus = 1 };
}
