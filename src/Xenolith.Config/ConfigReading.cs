using Xenolith.Config.Grammar;
using Xenolith.Config.Reading;
using Xenolith.Config.Xm;

namespace Xenolith.Config;

/// <summary>What came of reading a configuration.</summary>
/// <param name="Config">The domain, or null when <paramref name="Diagnostics"/> has errors.</param>
/// <param name="Diagnostics">Everything to say about it, in order.</param>
public sealed record ConfigReading(DomainConfig? Config, DiagnosticList Diagnostics)
{
    /// <summary>Reads a configuration from text.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="source">The file as the person named it.</param>
    /// <param name="assignments">Assignments that follow it on the command line, each like <c>memory=64</c>.</param>
    /// <param name="hostCpus">How many CPUs the host has.</param>
    public static ConfigReading FromText(string text, string source, IEnumerable<string> assignments, int hostCpus)
    {
        var diagnostics = new DiagnosticList();
        var document = new CfgDocument();
        CfgParser.Parse(text, source, document, diagnostics);
        var ordinal = 0;
        foreach (var assignment in assignments)
            CfgParser.Parse(assignment, "command line", document, diagnostics, ++ordinal);
        var config = diagnostics.HasErrors ? null : DomainConfigReader.Read(document, FallbackName(source), hostCpus, diagnostics);
        return new ConfigReading(config, diagnostics);
    }

    /// <summary>Reads a configuration of xm: a file in Python's syntax and bare <c>key=value</c> words.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="source">The file as the person named it.</param>
    /// <param name="assignments">The words that follow it on the command line.</param>
    /// <param name="hostCpus">How many CPUs the host has.</param>
    public static ConfigReading FromXm(string text, string source, IEnumerable<string> assignments, int hostCpus)
    {
        var diagnostics = new DiagnosticList();
        var document = new CfgDocument();
        XmParser.Parse(text, source, document, diagnostics);
        XmAssignments.Apply(assignments, document, diagnostics);
        XmAssignments.Translate(document, diagnostics);
        var config = diagnostics.HasErrors ? null : DomainConfigReader.Read(document, FallbackName(source), hostCpus, diagnostics);
        return new ConfigReading(config, diagnostics);
    }

    /// <summary>The name of a domain whose file names none: the file's base name; none for <c>/dev/null</c>.</summary>
    internal static string? FallbackName(string source)
    {
        if (source is "/dev/null" or "-" or "")
            return null;
        var name = Path.GetFileName(source);
        foreach (var ending in (string[])[".cfg", ".conf", ".xl", ".xm"])
        {
            if (name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal))
                return name[..^ending.Length];
        }

        return DomainName.Problem(name) is null ? name : null;
    }
}
