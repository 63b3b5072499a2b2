using System.Runtime.CompilerServices;

namespace Xenolith.Tests.Unit.Architecture;

/// <summary>The repository as files on disk, found from this source file's own path.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Handwritten C# under the given top folders, as paths relative to the root.</summary>
    public static IEnumerable<string> Sources(params string[] tops) =>
        from top in tops
        let folder = Path.Combine(Root, top)
        where Directory.Exists(folder)
        from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, file)
        where !relative.Split('/').Any(part => part is "bin" or "obj")
        select relative;

    public static string[] Lines(string relative) => File.ReadAllLines(Path.Combine(Root, relative));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Xenolith.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"no Xenolith.slnx above {here}");
    }
}
