namespace Xenolith.Tests.Unit.Architecture;

/// <summary>Many small files with one idea each.</summary>
public class FileSizeTests
{
    private static readonly string[] Forbidden = ["Common", "Utils", "Util", "Helpers", "Helper", "Manager", "Misc"];

    [Fact]
    public void No_file_is_over_900_lines()
    {
        Assert.All(SourceTree.Sources("src", "tests", "bench"), f => Assert.True(SourceTree.Lines(f).Length <= 900, $"{f}: {SourceTree.Lines(f).Length} lines"));
    }

    [Fact]
    public void Of_the_product_95_percent_are_under_500_and_the_median_is_about_100()
    {
        var sizes = SourceTree.Sources("src").Select(f => SourceTree.Lines(f).Length).Order().ToArray();
        Assert.InRange(sizes[sizes.Length / 2], 1, 130);
        Assert.True(sizes[(int)(sizes.Length * 0.95)] < 500, $"95%: {sizes[(int)(sizes.Length * 0.95)]} lines");
    }

    [Fact]
    public void Names_explain_themselves()
    {
        foreach (var file in SourceTree.Sources("src"))
        {
            foreach (var part in file.Split('/', '.'))
            {
                Assert.DoesNotContain(part, Forbidden);
                Assert.False(part.EndsWith("Helper", StringComparison.Ordinal) || part.EndsWith("Utils", StringComparison.Ordinal) || part.EndsWith("Manager", StringComparison.Ordinal), file);
            }
        }
    }
}
