using System.Runtime.CompilerServices;
using Xenolith.Cli.Documents;
using Xenolith.Cli.Xl;
using Xenolith.Config.Keys;

namespace Xenolith.Tests.Unit.Cli;

/// <summary>Documents made from tables say what the tables say, and the copy in docs/ is the newest.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void The_support_page_in_docs_is_up_to_date() =>
        Assert.True(SupportPage.Text() == File.ReadAllText(InRepository("docs/support.md")), "docs/support.md is out of date: run `make docs'");

    [Fact]
    public void The_support_page_has_every_command_and_key()
    {
        var page = SupportPage.Text();
        Assert.All(XlCommands.Set.Commands, command => Assert.Contains($"| `{command.Name}` |", page));
        Assert.All(KeyTable.Sections.SelectMany(s => s.Keys), key => Assert.Contains($"| `{key.Name}` |", page));
    }

    [Fact]
    public void The_completion_offers_what_works_and_nothing_else()
    {
        var script = BashCompletion.Text();
        Assert.Contains(" shutdown ", script);
        Assert.DoesNotContain("loadpolicy", script);
        Assert.Contains("create) options=\"-c -d -e -F -f --defconfig", script);
    }

    [Fact]
    public void A_manual_page_has_every_command_and_no_accidental_macro()
    {
        var page = ManPage.Text(XlCommands.Set);
        Assert.All(XlCommands.Set.Commands, command => Assert.Contains($".SS {command.Name.Replace("-", "\\-")} ", page));
        Assert.All(page.Split('\n').Where(line => line.StartsWith('.')), line => Assert.Matches(@"^\.(TH|SH|SS|TP|PP|B)\b", line));
    }

    [Fact]
    public void The_page_of_keys_has_every_key_and_no_accidental_macro()
    {
        var page = KeysManPage.Text();
        Assert.All(KeyTable.Sections.SelectMany(s => s.Keys), key => Assert.Contains($"\n.B {key.Name}\n", page));
        Assert.All(page.Split('\n').Where(line => line.StartsWith('.')), line => Assert.Matches(@"^\.(TH|SH|TP|BR?)\b", line));
    }

    [Fact]
    public void Zsh_is_offered_the_same_commands()
    {
        var script = ZshCompletion.Text();
        Assert.Contains("  'shutdown:Ask a domain to shut down'\n", script);
        Assert.DoesNotContain("loadpolicy", script);
    }

    private static string InRepository(string path, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../..", path);
}
