using CsCheck;
using Xenolith.Config.Grammar;

namespace Xenolith.Tests.Unit.Config;

public sealed class GrammarTests
{
    [Theory]
    [InlineData("name = \"a\" ; memory = 0x40", "name=a memory=0x40")]
    [InlineData("a=1\n\n;;\nb='x'", "a=1 b=x")]
    [InlineData("# only a comment", "")]
    [InlineData("a = [ ]", "a=[]")]
    [InlineData("a = [ 'x', # why\n  [ 'y', 2 ],\n\n]\n", "a=[x,[y,2]]")]
    [InlineData("a = 'x'\na += 'y'", "a=xy")]
    [InlineData("a = ['x']\na += ['y']", "a=[x,y]")]
    [InlineData("a += 'x'", "a=x")]
    [InlineData("a=1\na=2", "a=2")]
    [InlineData("name\t=\t\"e\"", "name=e")]
    [InlineData(@"a = ""q \"" b \\ t\t n\n \x41 \101""", "a=q \" b \\ t\t n\n A A")]
    [InlineData("a = 'it \"is\" # so'", "a=it \"is\" # so")]
    [InlineData("a.b_c9 = 12ab", "a.b_c9=12ab")]
    public void Accepts(string text, string expected)
    {
        var (document, diagnostics) = Parse(text);
        Assert.Empty(diagnostics);
        Assert.Equal(expected, string.Join(' ', document.Settings.Select(s => s.Name + "=" + Show(s.Value))));
    }

    [Theory]
    [InlineData("name = testpv", "f:1:8: `name' needs a string, a number or a list; strings need quotes: \"testpv\"")]
    [InlineData("a=1\nmemory =\n", "f:2:9: expected a string in quotes, a number or a list for `memory', found the end of the line")]
    [InlineData("name = \"e", "f:1:8: the string that begins here has no closing \" on its line")]
    [InlineData("d = [ 'x'\nmemory = 64", "f:2:1: expected `,' or `]' in the list that begins at 1:5, found the word `memory'")]
    [InlineData("name \"e\"", "f:1:6: expected `=' or `+=' after `name', found the string \"e\"")]
    [InlineData("import os", "f:1:8: expected `=' or `+=' after `import', found the word `os'")]
    [InlineData("memory = 64 64", "f:1:13: expected the end of the line or `;', found the number 64")]
    [InlineData("a = \"\\q\"", "f:1:6: `\\q' is no escape; write `\\\\' for a backslash")]
    [InlineData("a = [1]\na += '2'", "f:2:6: cannot add a string to `a', which is a list since f:1:1")]
    [InlineData("= 3", "f:1:1: expected the name of a key, found `='")]
    [InlineData("a = [ 1 ; 2 ]", "f:1:9: expected `,' or `]' in the list that begins at 1:5, found `;'")]
    public void Refuses_with_the_place(string text, string message) => Assert.Equal(message, Assert.Single(Parse(text).Diagnostics).ToString());

    [Theory]
    [InlineData("memory = 64 @", "1:13")]
    [InlineData("x = { \"a\": 1 }", "1:5")]
    [InlineData("memory = 64.5", "1:12")]
    [InlineData("memory = -64", "1:10")]
    [InlineData("Name = 'x'", "1:1")]
    [InlineData("name = 'x'\r\n", "1:11")]
    public void Refuses_what_belongs_to_no_token(string text, string place) =>
        Assert.StartsWith($"f:{place}: ", Assert.Single(Parse(text).Diagnostics).ToString());

    [Fact]
    public void Reports_each_wrong_line_once()
    {
        var (document, diagnostics) = Parse("name = \"e\nkernel = foo\nmemory = \nvcpus = 2\n");
        Assert.Equal([1, 2, 3], diagnostics.Select(d => d.Position!.Value.Line));
        Assert.True(document.TryGet("vcpus", out _));
    }

    [Fact]
    public void Deep_nesting_is_refused_rather_than_exhausting_the_stack() =>
        Assert.Contains("deeper", Parse("a = " + new string('[', 100_000)).Diagnostics.First().Message);

    [Fact]
    public void Any_text_is_parsed_without_an_exception_and_diagnosed_within_it() =>
        Gen.OneOf(Gen.String, Gen.String["ab=+[]'\"\\,;# \n1x"]).Sample(text =>
        {
            var lines = text.Count(c => c == '\n') + 1;
            return Parse(text).Diagnostics.All(d => d.Position is { } p && p.Line >= 1 && p.Line <= lines);
        });

    private static (CfgDocument Document, DiagnosticList Diagnostics) Parse(string text)
    {
        var (document, diagnostics) = (new CfgDocument(), new DiagnosticList());
        CfgParser.Parse(text, "f", document, diagnostics);
        return (document, diagnostics);
    }

    private static string Show(CfgValue value) =>
        value is CfgList list ? "[" + string.Join(',', list.Items.Select(Show)) + "]" : ((CfgAtom)value).Text;
}
