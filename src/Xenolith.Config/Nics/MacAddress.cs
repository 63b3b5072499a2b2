using System.Globalization;

namespace Xenolith.Config.Nics;

/// <summary>Ethernet addresses of interfaces.</summary>
public static class MacAddress
{
    /// <summary>Reads six hexadecimal bytes with colons (or dashes, as xl takes them) between them and gives them back in small letters, two digits each.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="mac">The address as Xen stores it.</param>
    /// <param name="problem">What is wrong, or null.</param>
    public static bool TryParse(string text, out string mac, out string? problem)
    {
        (mac, problem) = ("", null);
        var parts = text.Split(':', '-');
        Span<byte> bytes = stackalloc byte[6];
        if (parts.Length != 6)
        {
            problem = $"mac `{text}' has {parts.Length} bytes; an address has six, such as 00:16:3e:12:34:56";
            return false;
        }

        for (var i = 0; i < 6; i++)
        {
            if (!byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
            {
                problem = $"mac `{text}': `{parts[i]}' is not a hexadecimal byte";
                return false;
            }
        }

        if ((bytes[0] & 1) != 0)
        {
            problem = $"mac `{text}' is a group address; the first byte of an interface's address is even";
            return false;
        }

        mac = string.Join(':', bytes.ToArray().Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
        return true;
    }
}
