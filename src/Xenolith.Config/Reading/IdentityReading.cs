namespace Xenolith.Config.Reading;

/// <summary>Reads <c>name</c> and <c>uuid</c>.</summary>
internal static class IdentityReading
{
    /// <summary>The domain's name, or an empty string after an error.</summary>
    public static string Name(SettingReader reader, string? fallback)
    {
        var name = reader.Text("name") ?? (reader.Value("name") is null ? fallback : "");
        if (name is null)
        {
            reader.Diagnostics.Error(null, "the domain has no name, and no file to take it from; add name = \"...\"");
            return "";
        }

        if (reader.Text("name") is not null && DomainName.Problem(name) is { } problem)
            reader.Diagnostics.Error(reader.PositionOf("name"), problem);
        return name;
    }

    /// <summary>The domain's UUID; a random one when nothing is said.</summary>
    public static Guid Uuid(SettingReader reader)
    {
        if (reader.Text("uuid") is not { } text)
            return Guid.NewGuid();
        // Without dashes it is xm's, as Red Hat's tools wrote it.
        if (Guid.TryParseExact(text, "D", out var uuid) || Guid.TryParseExact(text, "N", out uuid))
            return uuid;
        reader.Diagnostics.Error(reader.PositionOf("uuid"),
            $"`uuid' is \"{text}\"; a UUID is like 12345678-1234-5678-1234-567812345678");
        return default;
    }
}
