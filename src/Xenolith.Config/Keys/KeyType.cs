namespace Xenolith.Config.Keys;

/// <summary>What values a key takes. Numbers may be written in quotes everywhere, as real xl allows.</summary>
public enum KeyType
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A whole number: decimal, 0x hexadecimal or 0 octal.</summary>
    Number,

    /// <summary>A number of which 0 means no and anything else yes.</summary>
    Flag,

    /// <summary>A list of strings.</summary>
    TextList,

    /// <summary>A string, or a list of strings.</summary>
    TextOrList,

    /// <summary>A list whose items are lists of strings, or lists again.</summary>
    NestedList,
}
