using Xenolith.Config.Keys;

namespace Xenolith.Cli.Documents;

/// <summary>Types of keys in a person's words.</summary>
internal static class KeyTypeNames
{
    /// <summary>The words for <paramref name="type"/>.</summary>
    public static string Of(KeyType type) => type switch
    {
        KeyType.Text => "string",
        KeyType.Number => "number",
        KeyType.Flag => "0 or 1",
        KeyType.TextList => "list of strings",
        KeyType.TextOrList => "string or list of strings",
        _ => "list of lists",
    };
}
