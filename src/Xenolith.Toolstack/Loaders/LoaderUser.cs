using System.Globalization;
using Xenolith.Config;

namespace Xenolith.Toolstack.Loaders;

/// <summary>As which user the boot loader runs when root starts it: <c>bootloader_user</c>, else nobody.</summary>
internal static class LoaderUser
{
    private const int Nobody = 65534;

    /// <summary>The user's id.</summary>
    /// <exception cref="ToolstackException">There is no such user, or it is root.</exception>
    public static int Of(DomainConfig config)
    {
        if (config.BootloaderUser is not { } name)
        {
            return Nobody;
        }

        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == name && int.TryParse(fields[2], CultureInfo.InvariantCulture, out var id))
            {
                return id != 0 ? id : throw Refused(name, "is root, who may do everything");
            }
        }

        throw Refused(name, "does not exist");
    }

    private static ToolstackException Refused(string name, string cause) =>
        new($"user {name} {cause}. Name another with bootloader_user, or leave it out.", ToolstackException.CreationFailed);
}
