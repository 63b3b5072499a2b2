namespace Xenolith.Config.Reading;

/// <summary>Reads <c>type</c> and the older <c>builder</c>.</summary>
internal static class TypeReading
{
    /// <summary>The kind of guest; PV when nothing is said.</summary>
    public static DomainType Read(SettingReader reader)
    {
        var type = One(reader, "type", [("pv", DomainType.Pv), ("pvh", DomainType.Pvh), ("hvm", DomainType.Hvm)]);
        var builder = One(reader, "builder", [("generic", DomainType.Pv), ("hvm", DomainType.Hvm)]);
        if (type is not null && builder is not null && type != builder)
        {
            reader.Diagnostics.Error(reader.PositionOf("builder"),
                "`builder' and `type' contradict each other; remove `builder', the older of the two");
        }

        return type ?? builder ?? DomainType.Pv;
    }

    private static DomainType? One(SettingReader reader, string key, (string Name, DomainType Type)[] names)
    {
        if (reader.Text(key) is not { } text)
            return null;
        foreach (var (name, type) in names)
        {
            if (name == text)
                return type;
        }

        var known = string.Join(", ", names.Select(name => name.Name));
        // What xm called it, and xl before 4.10 took: MirageOS, virt-install and SUSE's tools wrote it into files that are still about.
        var older = text == "linux" ? ". Older tools wrote linux for generic: change it, or use xm create, which takes it" : string.Empty;
        reader.Diagnostics.Error(reader.PositionOf(key), $"`{key}' is \"{text}\"; known are {known}{older}");
        return null;
    }
}
