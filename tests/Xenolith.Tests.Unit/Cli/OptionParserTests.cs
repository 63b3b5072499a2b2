using Xenolith.Cli.Commands;

namespace Xenolith.Tests.Unit.Cli;

public sealed class OptionParserTests
{
    private static readonly Option[] Options =
        [new('a', "all", ""), new('f', "file", "", "FILE"), new('w', "weight", "", "[=N]"), new(null, "wait", ""), new('q', null, "")];

    [Theory]
    [InlineData("-a x -q y", "all q", "x y")]
    [InlineData("-aqf name x", "all q file=name", "x")]
    [InlineData("-fname --all", "file=name all", "")]
    [InlineData("--file=a=b --file c", "file=a=b file=c", "")]
    [InlineData("--al -- -a --file", "all", "-a --file")]
    [InlineData("-w -w5 x", "weight weight=5", "x")]
    [InlineData("--wait", "wait", "")]
    [InlineData("- x", "", "- x")]
    public void Sorts_as_getopt_long_does(string words, string options, string arguments)
    {
        var result = OptionParser.Parse(words.Split(' '), Options);
        Assert.Null(result.Problem);
        Assert.Equal(options, string.Join(' ', result.Options.Select(o => o.Value is null ? o.Name : $"{o.Name}={o.Value}")));
        Assert.Equal(arguments, string.Join(' ', result.Arguments));
    }

    [Theory]
    [InlineData("-x", "option `x' not supported")]
    [InlineData("--bogus", "option `--bogus' not supported")]
    [InlineData("--w", "option `--w' could be --weight or --wait")]
    [InlineData("-f", "option `f' needs a value: FILE")]
    [InlineData("--file", "option `--file' needs a value: FILE")]
    [InlineData("--all=1", "option `--all' takes no value")]
    public void Refuses(string words, string problem) => Assert.Equal(problem, OptionParser.Parse(words.Split(' '), Options).Problem);
}
