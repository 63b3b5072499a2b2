using Xenolith.Config.Grammar;
using Xenolith.Config.Keys;

namespace Xenolith.Config.Reading;

/// <summary>
/// Compares the settings of a configuration with the table of keys: a value of the wrong type and a misspelt key are errors, an
/// unknown key is a warning, a key without effect is said once, a refused one stops the creation.
/// </summary>
internal static class KeyCheck
{
    /// <summary>Checks every setting.</summary>
    /// <param name="document">The settings.</param>
    /// <param name="guest">The kind of guest they describe.</param>
    /// <param name="diagnostics">Told what is wrong.</param>
    public static void Check(CfgDocument document, GuestTypes guest, DiagnosticList diagnostics)
    {
        foreach (var setting in document.Settings)
        {
            if (KeyTable.Find(setting.Name) is { } key)
            {
                if (CheckType(key, setting, diagnostics))
                    CheckState(key, setting, guest, diagnostics);
            }
            else if (document.IsVariable(setting.Name))
            {
                continue; // of a file of xm's: what it was for was done
            }
            else if (KeyTable.FindMisspelt(setting.Name) is { } meant)
            {
                diagnostics.Error(setting.Position, $"unknown key `{setting.Name}'; did you mean `{meant.Name}'?");
            }
            else
            {
                diagnostics.Warning(setting.Position, $"unknown key `{setting.Name}' is ignored");
            }
        }
    }

    private static bool CheckType(ConfigKey key, CfgSetting setting, DiagnosticList diagnostics)
    {
        var problem = (key.Type, setting.Value) switch
        {
            (KeyType.Text or KeyType.TextOrList, CfgAtom) => null,
            (KeyType.Number or KeyType.Flag, CfgAtom) when setting.Appended => $"`+=' cannot add to `{key.Name}', which is a number",
            (KeyType.Number or KeyType.Flag, CfgAtom atom) =>
                CNumber.TryParse(atom.Text, out _) ? null : $"`{key.Name}' needs a number, not \"{atom.Text}\"",
            (KeyType.Text or KeyType.Number or KeyType.Flag, _) => $"`{key.Name}' needs a single value, not a list",
            (_, CfgAtom) => $"`{key.Name}' needs a list: {key.Name} = [ \"...\" ]",
            (KeyType.NestedList, CfgList) => null,
            (_, CfgList list) => list.Items.FirstOrDefault(item => item is CfgList) is { } inner
                ? $"`{key.Name}' needs a list of strings; the list at {inner.Position.Line}:{inner.Position.Column} inside it is too deep"
                : null,
            _ => null,
        };
        if (problem is not null)
            diagnostics.Error(setting.Value.Position, problem);
        return problem is null;
    }

    private static void CheckState(ConfigKey key, CfgSetting setting, GuestTypes guest, DiagnosticList diagnostics)
    {
        if (IsNothing(setting.Value))
            return;
        if (key.State == KeyState.Refused)
        {
            var severity = (key.Guests & guest) == 0 ? Severity.Rejected : Severity.Creation;
            diagnostics.Add(new Diagnostic(severity, setting.Position, $"`{key.Name}' cannot be used: {key.Reason}"));
        }
        else if (key.State == KeyState.NoEffect && (key.Guests & guest) != 0)
            diagnostics.Note(setting.Position, $"`{key.Name}' has no effect: {key.Reason}");
        else if ((key.Guests & guest) == 0)
            diagnostics.Note(setting.Position, $"`{key.Name}' has no effect on this type of guest");
    }

    // `vif = [ ]' and `pae = 0' ask for nothing, so there is nothing to say about them.
    private static bool IsNothing(CfgValue value) => value switch
    {
        CfgList list => list.Items.IsEmpty,
        CfgAtom atom => atom.Text is "" or "0",
        _ => false,
    };
}
