using System.Xml.Linq;

namespace Xenolith.Tests.Unit.Architecture;

/// <summary>The one rule of the source tree: a layer knows only the layers above it in this list (docs/architecture.md).</summary>
public class LayeringTests
{
    private static readonly string[] Layers =
    [
        "Abi", "Host", "Engine", "Translator", "Kvm", "Machine", "Boot", "Store", "Devices", "Config", "Toolstack", "Cli", "Web",
    ];

    [Fact]
    public void Every_project_is_a_known_layer()
    {
        var projects = Directory.GetDirectories(Path.Combine(SourceTree.Root, "src")).Select(d => Path.GetFileName(d)!);
        Assert.All(projects, name => Assert.Contains(name.Replace("Xenolith.", "", StringComparison.Ordinal), Layers));
    }

    [Fact]
    public void A_layer_references_only_layers_above_it()
    {
        var seen = 0;
        foreach (var project in Directory.GetFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var layer = Path.GetFileNameWithoutExtension(project).Replace("Xenolith.", "", StringComparison.Ordinal);
            foreach (var reference in XDocument.Load(project).Descendants("ProjectReference"))
            {
                var target = Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')).Replace("Xenolith.", "", StringComparison.Ordinal);
                Assert.True(Array.IndexOf(Layers, target) < Array.IndexOf(Layers, layer), $"{layer} must not know {target}");
                seen++;
            }
        }

        Assert.True(seen > 10, "the project files were not found");
    }

    [Fact]
    public void The_machine_and_the_translator_do_not_know_each_other()
    {
        Assert.DoesNotContain(SourceTree.Sources("src/Xenolith.Machine"), f => SourceTree.Lines(f).Any(l => l.Contains("Xenolith.Translator", StringComparison.Ordinal)));
        Assert.DoesNotContain(SourceTree.Sources("src/Xenolith.Translator"), f => SourceTree.Lines(f).Any(l => l.Contains("Xenolith.Machine", StringComparison.Ordinal)));
    }
}
