using System.Collections.Immutable;
using Xenolith.Config.Grammar;

namespace Xenolith.Config.Reading;

/// <summary>
/// Typed access to the settings of a document. What is missing is null; what has the wrong type is null too, because
/// <see cref="KeyCheck"/> has already reported it.
/// </summary>
internal sealed class SettingReader(CfgDocument document, DiagnosticList diagnostics)
{
    /// <summary>Told what is wrong.</summary>
    public DiagnosticList Diagnostics => diagnostics;

    /// <summary>Where <paramref name="name"/> is set, or null.</summary>
    public SourcePosition? PositionOf(string name) => document.TryGet(name, out var setting) ? setting.Value.Position : null;

    /// <summary>The value of <paramref name="name"/>, or null.</summary>
    public CfgValue? Value(string name) => document.TryGet(name, out var setting) ? setting.Value : null;

    /// <summary>The string or number of <paramref name="name"/>.</summary>
    public string? Text(string name) => (Value(name) as CfgAtom)?.Text;

    /// <summary>The number of <paramref name="name"/>; outside the bounds it is an error.</summary>
    public long? Number(string name, long least, long most)
    {
        if (Text(name) is not { } text || !CNumber.TryParse(text, out var number))
            return null;
        if (number >= least && number <= most)
            return number;
        diagnostics.Error(PositionOf(name), $"`{name}' is {number}; it must lie between {least} and {most}");
        return null;
    }

    /// <summary>The number of <paramref name="name"/> as an int, see <see cref="Number"/>.</summary>
    public int? Int(string name, int least = 0, int most = int.MaxValue) => (int?)Number(name, least, most);

    /// <summary>Whether the number of <paramref name="name"/> is not 0.</summary>
    public bool? Flag(string name) => Text(name) is { } text && CNumber.TryParse(text, out var number) ? number != 0 : null;

    /// <summary>The strings of the list <paramref name="name"/>; empty when it is missing.</summary>
    public ImmutableArray<CfgAtom> Atoms(string name) =>
        Value(name) is CfgList list ? [.. list.Items.OfType<CfgAtom>()] : [];
}
