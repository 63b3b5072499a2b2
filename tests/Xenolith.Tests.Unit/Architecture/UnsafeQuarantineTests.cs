using System.Text.RegularExpressions;

namespace Xenolith.Tests.Unit.Architecture;

/// <summary><c>unsafe</c> lives only in *.Unsafe.cs files and the translator's emitters, each file with its reasons.</summary>
public partial class UnsafeQuarantineTests
{
    [GeneratedRegex(@"^(?!\s*//)[^""\n]*\bunsafe\b", RegexOptions.Multiline)]
    private static partial Regex UnsafeKeyword();

    [Fact]
    public void Unsafe_code_stands_in_its_own_files()
    {
        Assert.All(SourceTree.Sources("src", "tests", "bench"), f => Assert.False(!MayBeUnsafe(f) && IsUnsafe(f), $"{f} has unsafe code"));
    }

    [Fact]
    public void Every_file_with_unsafe_code_gives_a_reason()
    {
        Assert.All(SourceTree.Sources("src", "tests", "bench").Where(IsUnsafe), f => Assert.True(SourceTree.Lines(f).Any(l => l.Contains("// SAFETY:", StringComparison.Ordinal)), $"{f} gives no SAFETY reason"));
    }

    [Fact]
    public void P_invokes_stand_in_the_host_layer()
    {
        Assert.All(SourceTree.Sources("src").Where(f => !f.StartsWith("src/Xenolith.Host/", StringComparison.Ordinal)),
            f => Assert.False(SourceTree.Lines(f).Any(l => l.Contains("[LibraryImport", StringComparison.Ordinal) || l.Contains("[DllImport", StringComparison.Ordinal)), f));
    }

    [Fact]
    public void No_exception_is_swallowed()
    {
        var swallowed = new Regex(@"catch\s*(\([^)]*\))?\s*\{\s*\}");
        Assert.All(SourceTree.Sources("src"), f => Assert.False(swallowed.IsMatch(string.Join('\n', SourceTree.Lines(f))), f));
    }

    private static bool MayBeUnsafe(string file) => file.EndsWith(".Unsafe.cs", StringComparison.Ordinal) || file.StartsWith("src/Xenolith.Translator/Emit/", StringComparison.Ordinal);

    private static bool IsUnsafe(string file) => UnsafeKeyword().IsMatch(string.Join('\n', SourceTree.Lines(file)));
}
