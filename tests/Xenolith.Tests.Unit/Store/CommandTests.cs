using System.Text;
using Xenolith.Store.Commands;
using Xenolith.Store.Server;

namespace Xenolith.Tests.Unit.Store;

/// <summary>The xenstore-* commands on a store in this process.</summary>
public class CommandTests
{
    private readonly InProcessStore _store = new();

    [Fact]
    public void Values_are_written_and_read_with_backslash_sequences()
    {
        Assert.Equal((0, "", ""), Run("xenstore-write", "/v", @"a\tb\x01\101\\"));
        Assert.Equal("a\tb\x01" + "A\\", _store.Connect().Read("/v"));
        Assert.Equal((0, @"a\tb\001A\\" + "\n", ""), Run("xenstore-read", "/v"));
        Assert.Equal((0, "a\tb\x01" + "A\\", ""), Run("xenstore-read", "-R", "/v"));
        Assert.Equal((0, "/v: " + @"a\tb\001A\\" + "\n", ""), Run("xenstore", "read", "/v", "-p"));
    }

    [Fact]
    public void Several_paths_are_one_transaction()
    {
        Assert.Equal(1, Run("xenstore-write", "/a", "1", "bad path", "2").Code);
        Assert.Equal((1, "", ""), Run("xenstore-exists", "/a"));
        Assert.Equal(0, Run("xenstore-write", "/a", "1", "/b", "2").Code);
        Assert.Equal((0, "1\n2\n", ""), Run("xenstore-read", "/a", "/b"));
    }

    [Fact]
    public void Rm_with_t_takes_empty_parents_along()
    {
        Run("xenstore-write", "/t/keep", "1", "/t/a/b/c", "1");
        Assert.Equal(0, Run("xenstore-rm", "-t", "/t/a/b/c").Code);
        Assert.Equal((0, "keep\n", ""), Run("xenstore-list", "/t"));
        Assert.Equal((1, "", "xenstore-rm: could not remove path /no/such\n"), Run("xenstore-rm", "/no/such"));
    }

    [Fact]
    public void Chmod_reaches_up_and_down()
    {
        Run("xenstore-write", "/c/d/e", "1");
        Assert.Equal(0, Run("xenstore-chmod", "-r", "/c", "n0", "r1").Code);
        Assert.Equal((0, "/c/d = \"\"   (n0,r1)\n/c/d/e = \"1\"   (n0,r1)\n", ""), Run("xenstore-ls", "-fp", "/c"));
        Assert.Equal((1, "", "xenstore-chmod: Invalid permission specification: 'x'\n"), Run("xenstore-chmod", "/c", "x0"));
    }

    [Fact]
    public void Ls_cuts_long_values_to_80_columns()
    {
        Run("xenstore-write", "/l/key", new string('v', 100));
        Assert.Equal((0, "key = \"" + new string('v', 69) + "\\...\"\n", ""), Run("xenstore-ls", "/l"));
    }

    [Fact]
    public void Watch_prints_the_paths_of_a_number_of_events()
    {
        Assert.Equal((0, "/w\n", ""), Run("xenstore-watch", "-n", "1", "/w"));
    }

    [Fact]
    public void Control_shows_the_quotas_and_what_else_there_is()
    {
        Assert.StartsWith("Quota settings:\nnodes            :     1000 Nodes per domain\n", Run("xenstore-control", "quota").Output, StringComparison.Ordinal);
        var (code, _, error) = Run("xenstore-control", "frobnicate");
        Assert.Equal(3, code);
        Assert.StartsWith("Command not supported. Valid commands are:\ncheck", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xenstore-read")]
    [InlineData("xenstore-write", "/odd")]
    [InlineData("xenstore-ls", "-t")]
    [InlineData("xenstore")]
    [InlineData("xenstore", "frobnicate")]
    public void Wrong_command_lines_exit_with_1(string program, params string[] arguments)
    {
        var (code, output, error) = Run(program, arguments);
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.StartsWith($"{program}: ", error, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run(string program, params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var code = XenstoreCommand.Run(program, arguments, () => _store.Connect(), output, error);
        return (code, Encoding.Latin1.GetString(output.ToArray()), error.ToString());
    }
}
