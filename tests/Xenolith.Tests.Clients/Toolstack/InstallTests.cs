using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>What <c>make install</c> puts where, and that it works from there.</summary>
[Collection("guests")]
public sealed class InstallTests : CallerHost
{
    private readonly string _root;

    public InstallTests()
    {
        _root = System.IO.Path.Combine(Path, "root");
        // The documents are written anew: those of an older build may be there.
        var copy = Directory.CreateDirectory(System.IO.Path.Combine(Path, "copy")).FullName;
        CallOk("/bin/cp", ["-r", System.IO.Path.Combine(GuestImages.Root, "packaging"), copy]);
        Directory.CreateDirectory(System.IO.Path.Combine(copy, "out"));
        Directory.CreateDirectory(System.IO.Path.Combine(copy, "docs"));
        Directory.CreateSymbolicLink(System.IO.Path.Combine(copy, "out/bin"), GuestImages.Programs);
        CallOk(System.IO.Path.Combine(copy, "packaging/documents"), []);
        CallOk(System.IO.Path.Combine(copy, "packaging/install"), ["/opt/x"], ("DESTDIR", _root));
    }

    [Fact]
    public void Programs_pages_units_and_scripts_are_there_and_name_their_places()
    {
        foreach (var name in (string[])["xl", "xm", "xentop", "xendomains", "xenstored", "xenstore-ls"])
            Assert.True(File.Exists($"{_root}/opt/x/bin/{name}"), name);
        foreach (var page in (string[])["man1/xl.1", "man1/xm.1", "man1/xendomains.1", "man5/xl.cfg.5"])
            Assert.True(File.Exists($"{_root}/opt/x/share/man/{page}"), page);
        Assert.Contains("ExecStop=/opt/x/bin/xendomains stop\n", File.ReadAllText($"{_root}/opt/x/lib/systemd/system/xendomains.service"));
        Assert.Contains("WantedBy=default.target\n", File.ReadAllText($"{_root}/opt/x/lib/systemd/user/xendomains.service"));
        Assert.DoesNotContain("@", File.ReadAllText($"{_root}/opt/x/share/xenolith/init.d/xendomains"));
        Assert.Equal(3, Call("/bin/sh", [$"{_root}/opt/x/share/xenolith/init.d/xendomains", "frobnicate"]).ExitCode);
        Assert.StartsWith("Name ", CallOk($"{_root}/opt/x/bin/xl", ["list"]));
    }

    [Fact]
    public void Bash_completes_commands_options_domains_and_files()
    {
        var script = $"{_root}/opt/x/share/bash-completion/completions/xl";
        Config("web", "quiet");
        XlOk("create", "-p", Config("testing", "run=sleep,1000"));
        Assert.Equal("shutdown", Complete(script, "xl", "shut"));
        Assert.Equal("--wait", Complete(script, "xl", "shutdown", "--w"));
        Assert.Equal("testing", Complete(script, "xl", "-v", "shutdown", "test"));
        Assert.Equal("testing.cfg", Complete(script, "xl", "create", "testing.c"));
        Assert.Equal("destroy", Complete(script, "xm", "help", "dest"));
    }

    private string Complete(string script, params string[] words) => CallOk(
        "/bin/bash",
        ["-c", ". \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _xenolith; echo \"${COMPREPLY[*]}\"", script, .. words]).Trim();
}
