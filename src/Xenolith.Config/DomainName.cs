using System.Text;

namespace Xenolith.Config;

/// <summary>What a domain may be called.</summary>
public static class DomainName
{
    // Longer names do not fit the files and store nodes named after them, which count bytes.
    private const int MostBytes = 200;

    /// <summary>What is wrong with <paramref name="name"/> as the name of a domain, or null.</summary>
    public static string? Problem(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
            return "the name is empty; give the domain one";
        if (Encoding.UTF8.GetByteCount(name) is > MostBytes and var bytes)
            return $"the name has {bytes} bytes; at most {MostBytes} are possible";
        if (name.Contains('/') || name is "." or "..")
            return $"the name \"{name}\" would name another place in the log directory; names have no `/'";
        return name.Any(char.IsControl) ? "the name has control characters in it" : null;
    }
}
