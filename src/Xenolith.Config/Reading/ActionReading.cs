namespace Xenolith.Config.Reading;

/// <summary>Reads <c>on_poweroff</c> and its kin.</summary>
internal static class ActionReading
{
    /// <summary>All actions, defaults filled in.</summary>
    public static ShutdownActions Read(SettingReader reader)
    {
        var defaults = new ShutdownActions();
        return new ShutdownActions
        {
            OnPoweroff = One(reader, "on_poweroff", defaults.OnPoweroff),
            OnReboot = One(reader, "on_reboot", defaults.OnReboot),
            OnWatchdog = One(reader, "on_watchdog", defaults.OnWatchdog),
            OnCrash = One(reader, "on_crash", defaults.OnCrash),
            OnSoftReset = One(reader, "on_soft_reset", defaults.OnSoftReset),
        };
    }

    private static ShutdownAction One(SettingReader reader, string key, ShutdownAction @default)
    {
        if (reader.Text(key) is not { } text)
            return @default;
        if (ShutdownActions.TryParse(text, out var action))
            return action;
        reader.Diagnostics.Error(reader.PositionOf(key),
            $"`{key}' is \"{text}\"; known are {string.Join(", ", ShutdownActions.CfgNames)}");
        return @default;
    }
}
