namespace Xenolith.Host.Network;

/// <summary>Which names the kernel takes for network interfaces.</summary>
public static class InterfaceName
{
    /// <summary>The longest name in bytes (IFNAMSIZ without the ending zero).</summary>
    public const int MaxBytes = 15;

    /// <summary>What is wrong with a name, in words that follow "the name"; null if the kernel takes it.</summary>
    public static string? Problem(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            return "is empty";
        }

        if (System.Text.Encoding.UTF8.GetByteCount(name) > MaxBytes)
        {
            return $"has more than {MaxBytes} bytes";
        }

        if (name is "." or "..")
        {
            return "is no name of an interface";
        }

        foreach (var letter in name)
        {
            if (letter is '/' or ':' || char.IsWhiteSpace(letter) || char.IsControl(letter))
            {
                return $"contains `{letter}'";
            }
        }

        return null;
    }
}
