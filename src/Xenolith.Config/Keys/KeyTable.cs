using System.Collections.Immutable;

namespace Xenolith.Config.Keys;

/// <summary>Every key of xl.cfg(5), once: the source of validation, help and docs/support.md.</summary>
public static class KeyTable
{
    /// <summary>The sections in reading order.</summary>
    public static ImmutableArray<KeySection> Sections { get; } =
    [
        GeneralKeys.Identity, BootKeys.Boot, GeneralKeys.Memory, GeneralKeys.Processors, GeneralKeys.Actions,
        DeviceKeys.Devices, DeviceKeys.Display, BootKeys.Time, BootKeys.Host, DeviceKeys.DeviceModel,
        HvmKeys.Platform, HvmKeys.Peripherals, ForeignKeys.Arm, ForeignKeys.Older,
    ];

    private static readonly Dictionary<string, ConfigKey> ByName =
        Sections.SelectMany(section => section.Keys).ToDictionary(key => key.Name, StringComparer.Ordinal);

    /// <summary>The key called <paramref name="name"/>, or null.</summary>
    public static ConfigKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The key that <paramref name="name"/> is probably a misspelling of, or null.</summary>
    public static ConfigKey? FindMisspelt(string name) =>
        Misspelling.Nearest(name, ByName.Values.Where(key => key.Reason != "xl never had it"), key => key.Name);
}
