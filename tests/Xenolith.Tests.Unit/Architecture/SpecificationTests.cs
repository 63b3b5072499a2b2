using System.Text.RegularExpressions;

namespace Xenolith.Tests.Unit.Architecture;

/// <summary>docs/specification.md names for each promise what shows it: those tests, benchmarks and programs exist under these names.</summary>
public partial class SpecificationTests
{
    private static readonly string[] Lines = SourceTree.Lines("docs/specification.md");
    private static readonly string[] TestFiles = [.. SourceTree.Sources("tests")];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^[A-Z]\w*Tests(\.(\w+))?$")]
    private static partial Regex TestName();

    [GeneratedRegex(@"(^|\s)((tests|bench|examples|docs)/[\w./-]+)")]
    private static partial Regex PathName();

    [Fact]
    public void What_it_names_exists()
    {
        var missing = Lines.SelectMany(Names).Where(name => !Exists(name)).Distinct();
        Assert.Empty(missing);
    }

    [Fact]
    public void Each_promise_names_what_shows_it()
    {
        var promises = Lines.Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')).Where(cells => cells.Length == 4 && cells[1].Trim() != "promise").ToList();
        Assert.True(promises.Count > 50, "the tables were not found");
        Assert.All(promises, cells => Assert.True(Names(cells[2]).Any() || Refers(cells[2]), $"nothing shows: {cells[1].Trim()}"));
    }

    // "the same" is what the line before names; two promises are shown by things that are no class of tests.
    private static bool Refers(string cell) =>
        cell.Contains("the same", StringComparison.Ordinal) || cell.Contains("`KnownDifferences`", StringComparison.Ordinal) || cell.Contains("in `tests/", StringComparison.Ordinal);

    private static IEnumerable<string> Names(string line) =>
        from Match quote in Quoted().Matches(line)
        let words = quote.Groups[1].Value
        from name in TestName().IsMatch(words) ? [words] : PathName().Matches(words).Select(path => path.Groups[2].Value)
        select name;

    private static bool Exists(string name)
    {
        if (name.Contains('/'))
        {
            return Path.Exists(Path.Combine(SourceTree.Root, name));
        }

        var match = TestName().Match(name);
        var type = name.Split('.')[0];
        var method = match.Groups[2].Value;
        return TestFiles.Where(file => Path.GetFileName(file) == $"{type}.cs")
            .Any(file => method.Length == 0 || SourceTree.Lines(file).Any(line => Regex.IsMatch(line, $@"public .*\b{method}\(")));
    }
}
