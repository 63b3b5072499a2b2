namespace Xenolith.Config.Reading;

/// <summary>Reads <c>name</c> and <c>uuid</c>.</summary>
internal static class IdentityReading
{
    // Longer names do not fit the files and store nodes named after them.
    private const int MaxNameLength = 200;

    /// <summary>The domain's name, or an empty string after an error.</summary>
    public static string Name(SettingReader reader, string? fallback)
    {
        var name = reader.Text("name") ?? (reader.Value("name") is null ? fallback : "");
        if (name is null)
        {
            reader.Diagnostics.Error(null, "the domain has no name, and no file to take it from; add name = \"...\"");
            return "";
        }

        if (reader.Text("name") is not null && Problem(name) is { } problem)
            reader.Diagnostics.Error(reader.PositionOf("name"), problem);
        return name;
    }

    /// <summary>What is wrong with <paramref name="name"/> as the name of a domain, or null.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
            return "the name is empty; give the domain one";
        if (name.Length > MaxNameLength)
            return $"the name has {name.Length} characters; at most {MaxNameLength} are possible";
        if (name.Contains('/') || name is "." or "..")
            return $"the name \"{name}\" would name another place in the log directory; names have no `/'";
        return name.Any(char.IsControl) ? "the name has control characters in it" : null;
    }

    /// <summary>The domain's UUID; a random one when nothing is said.</summary>
    public static Guid Uuid(SettingReader reader)
    {
        if (reader.Text("uuid") is not { } text)
            return Guid.NewGuid();
        if (Guid.TryParseExact(text, "D", out var uuid))
            return uuid;
        reader.Diagnostics.Error(reader.PositionOf("uuid"),
            $"`uuid' is \"{text}\"; a UUID is like 12345678-1234-5678-1234-567812345678");
        return default;
    }
}
