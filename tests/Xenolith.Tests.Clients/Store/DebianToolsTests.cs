using System.Diagnostics;
using System.Text;
using Xenolith.Store.Commands;
using Xenolith.Tests.Unit.Store;

namespace Xenolith.Tests.Clients.Store;

/// <summary>
/// Debian's xenstore-* programs run unmodified against our store, and ours print the same bytes, messages and exit codes on the same store.
/// </summary>
public sealed class DebianToolsTests : IDisposable
{
    private readonly ServedStore _store = new();

    public DebianToolsTests()
    {
        using var client = _store.Connect();
        client.Write("/test/plain", "value");
        client.Write("/test/empty", "");
        client.Write("/test/binary", [0, 1, 7, 8, 9, 10, 13, 27, 31, 127, 128, 255, (byte)'\\', (byte)'"']);
        client.Write("/test/long", new string('l', 300));
        client.Write("/test/exactly", new string('e', 80 - 8 - "exactly".Length));
        client.Write("/test/one-more", new string('m', 80 - 8 - "one-more".Length + 1));
        client.Write($"/test/{new string('n', 90)}", "beyond the width");
        client.Write($"/test/{new string('o', 71)}/deep", "x");
        client.Write("/test/a/b/c/d/e/f/g", "deep");
        client.SetPermissions("/test/plain", "n0", "r1", "w2", "b3");
        client.SetPermissions("/test/a", "b5");
        for (var i = 0; i < 1200; i++)
            client.Mkdir($"/wide/child-with-a-name-{i}");
    }

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData("xenstore-ls")]
    [InlineData("xenstore-ls", "-p")]
    [InlineData("xenstore-ls", "-f")]
    [InlineData("xenstore-ls", "-f", "-p")]
    [InlineData("xenstore-ls", "-fp", "/test")]
    [InlineData("xenstore-ls", "/test", "-p")]
    [InlineData("xenstore-ls", "/test/")]
    [InlineData("xenstore-ls", "/no/such")]
    [InlineData("xenstore-ls", "/test/a", "/local/domain/0")]
    [InlineData("xenstore-ls", "-z", "/test/a")]
    [InlineData("xenstore-list", "/test")]
    [InlineData("xenstore-list", "-p", "/test", "/local")]
    [InlineData("xenstore-list", "--prefix", "/")]
    [InlineData("xenstore-list", "/wide")]
    [InlineData("xenstore-list", "/no/such")]
    [InlineData("xenstore-read", "/test/plain")]
    [InlineData("xenstore-read", "-p", "/test/binary", "/test/empty")]
    [InlineData("xenstore-read", "-R", "/test/binary")]
    [InlineData("xenstore-read", "--raw", "/test/binary")]
    [InlineData("xenstore-read", "/test/plain", "/no/such", "/test/empty")]
    [InlineData("xenstore-read", "domid")]
    [InlineData("xenstore-read", "bad.path")]
    [InlineData("xenstore-read")]
    [InlineData("xenstore-read", "-h")]
    [InlineData("xenstore-exists", "/test/plain")]
    [InlineData("xenstore-exists", "/no/such")]
    [InlineData("xenstore-exists", "/test/plain", "/test/empty")]
    [InlineData("xenstore-write", "/test/new")]
    [InlineData("xenstore-rm", "/no/such/node")]
    [InlineData("xenstore-rm", "/")]
    [InlineData("xenstore-chmod", "/test/plain", "x1")]
    [InlineData("xenstore-chmod", "/no/such", "r1")]
    [InlineData("xenstore-watch", "-n", "1", "/test/plain")]
    [InlineData("xenstore-watch", "-n", "2", "/test/plain", "@releaseDomain")]
    [InlineData("xenstore", "read", "/test/plain")]
    [InlineData("xenstore", "ls", "-f", "/test/a")]
    [InlineData("xenstore", "read")]
    [InlineData("xenstore", "frobnicate", "/test")]
    [InlineData("xenstore")]
    public void Both_print_the_same(string program, params string[] arguments)
    {
        var theirs = Debians(program, arguments);
        var ours = Ours(program, arguments);
        Assert.Equal(theirs.Output, ours.Output);
        Assert.Equal(theirs.Code, ours.Code);
        Assert.Equal(theirs.Error, ours.Error);
    }

    [Theory]
    [InlineData("xenstore-write", "/w/a", "plain")]
    [InlineData("xenstore-write", "/w/a", @"t\tn\nr\rb\\x\x41o\101q\qe\")]
    [InlineData("xenstore-write", "-R", "/w/a", @"raw\n")]
    [InlineData("xenstore-write", "/w/a", "1", "/w/b/c", "2")]
    [InlineData("xenstore-write", "/w/a", "ümlaut")]
    [InlineData("xenstore-rm", "/test/a/b/c")]
    [InlineData("xenstore-rm", "-t", "/test/a/b/c/d/e/f/g")]
    [InlineData("xenstore-rm", "/test/plain", "/test/long")]
    [InlineData("xenstore-chmod", "/test/plain", "b1", "r2")]
    [InlineData("xenstore-chmod", "-r", "/test/a", "n0", "r7")]
    [InlineData("xenstore-chmod", "-u", "/test/a/b/c", "r0")]
    public void Both_leave_the_same_store(string program, params string[] arguments)
    {
        using var other = new DebianToolsTests();
        var theirs = Debians(program, arguments);
        var ours = other.Ours(program, arguments);
        Assert.Equal(theirs, ours);
        Assert.Equal(Debians("xenstore-ls", ["-fp"]), other.Debians("xenstore-ls", ["-fp"]));
    }

    [Fact]
    public void Debians_tools_see_events_of_each_other()
    {
        using var watch = Start("xenstore-watch", ["-n", "3", "/events"]);
        Assert.Equal("/events", watch.StandardOutput.ReadLine());
        Assert.Equal(0, Debians("xenstore-write", ["/events/one", "1"]).Code);
        Assert.Equal(0, Debians("xenstore-rm", ["/events/one"]).Code);
        Assert.Equal("/events/one", watch.StandardOutput.ReadLine());
        Assert.Equal("/events/one", watch.StandardOutput.ReadLine());
        watch.WaitForExit();
        Assert.Equal(0, watch.ExitCode);
    }

    private (int Code, string Output, string Error) Debians(string program, string[] arguments)
    {
        using var process = Start(program, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result.Replace("/usr/bin/", "", StringComparison.Ordinal));
    }

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo($"/usr/bin/{program}", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        start.Environment["XENSTORED_PATH"] = _store.SocketPath;
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    private (int Code, string Output, string Error) Ours(string program, string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var code = XenstoreCommand.Run(program, arguments, _store.Connect, output, error);
        return (code, Encoding.Latin1.GetString(output.ToArray()), error.ToString());
    }
}
