using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Xenolith.Config.Grammar;

/// <summary>
/// The settings of one configuration: a file and the assignments that follow it on the command line. A later assignment replaces an
/// earlier one; <c>+=</c> joins strings or lists to what is there.
/// </summary>
public sealed class CfgDocument
{
    private readonly Dictionary<string, CfgSetting> _settings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _variables = new(StringComparer.Ordinal);

    /// <summary>All settings, in the order in which their keys first appeared.</summary>
    public IReadOnlyCollection<CfgSetting> Settings => _settings.Values;

    /// <summary>Finds the setting of <paramref name="name"/>.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out CfgSetting? setting) => _settings.TryGetValue(name, out setting);

    /// <summary>Finds the setting of <paramref name="name"/> for the value of another one: it then is a variable of the file's own, whatever it is called.</summary>
    public bool TryUse(string name, [NotNullWhen(true)] out CfgSetting? setting)
    {
        _variables.Add(name);
        return TryGet(name, out setting);
    }

    /// <summary>Says whether another setting was made with <paramref name="name"/>.</summary>
    public bool IsVariable(string name) => _variables.Contains(name);

    /// <summary>Applies one assignment.</summary>
    /// <param name="name">The key.</param>
    /// <param name="at">Where the assignment begins.</param>
    /// <param name="value">Its value.</param>
    /// <param name="append">Whether it was <c>+=</c>.</param>
    /// <param name="diagnostics">Told when a list is added to a string or the other way round.</param>
    public void Assign(string name, SourcePosition at, CfgValue value, bool append, DiagnosticList diagnostics)
    {
        if (append && _settings.TryGetValue(name, out var earlier))
        {
            if (Join(earlier.Value, value) is not { } joined)
            {
                diagnostics.Error(value.Position,
                    $"cannot add {value.Kind} to `{name}', which is {earlier.Value.Kind} since {earlier.Position}");
                return;
            }

            value = joined;
        }

        _settings[name] = new CfgSetting(name, at, value, append);
    }

    private static CfgValue? Join(CfgValue first, CfgValue second) => (first, second) switch
    {
        (CfgAtom a, CfgAtom b) => new CfgAtom(b.Position, a.Text + b.Text, a.Quoted || b.Quoted),
        (CfgList a, CfgList b) => new CfgList(b.Position, a.Items.AddRange(b.Items)),
        _ => null,
    };
}
