using System.Text.RegularExpressions;

namespace Xenolith.Tests.Unit.Architecture;

/// <summary>Names that the handwritten documents quote exist in the sources: a page that names what was renamed sends its reader astray.</summary>
public partial class DocumentNamesTests
{
    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Quoted();

    /// <summary>A name of ours: words run together, each with a capital (<c>IVcpuEngine</c>, <c>DeviceKinds</c>); not <c>xenstored</c>, <c>DOMID_SELF</c> or <c>GiB</c>.</summary>
    [GeneratedRegex(@"\bI?[A-Z][a-z0-9]+([A-Z][a-z0-9]+)+\b")]
    private static partial Regex TypeLike();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [Fact]
    public void What_documents_name_is_in_the_sources()
    {
        // The files' own names too: parts of a partial class are named by their file.
        var known = SourceTree.Sources("src", "tests", "bench")
            .SelectMany(file => Word().Matches(file + ' ' + File.ReadAllText(Path.Combine(SourceTree.Root, file)))).Select(word => word.Value).ToHashSet();
        var unknown =
            from document in Documents()
            from Match quote in Quoted().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, document)))
            from Match name in TypeLike().Matches(quote.Groups[1].Value)
            where !known.Contains(name.Value)
            select $"{document}: {name.Value}";
        Assert.Empty(unknown.Distinct());
    }

    // docs/support.md is made from the program's tables, and its test compares it with them.
    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(SourceTree.Root, "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(SourceTree.Root, file))
            .Where(file => file != "docs/support.md" && !file.Split('/').Any(part => part is "bin" or "obj" or "out" || part.StartsWith('.')));
}
