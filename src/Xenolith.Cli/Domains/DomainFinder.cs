using System.Globalization;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Domains;

/// <summary>Finds the domain a person means by a name or an id.</summary>
public static class DomainFinder
{
    /// <summary>The domain called <paramref name="name"/>, or with that id.</summary>
    /// <exception cref="ToolstackException">There is none.</exception>
    public static DomainRow Find(this IDomainHost host, string name)
    {
        var domains = host.List();
        // As libxl does: a number is an id first, and only then perhaps a name.
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var domid)
            && domains.FirstOrDefault(domain => domain.Domid == domid) is { } byId)
        {
            return byId;
        }

        return domains.FirstOrDefault(domain => domain.Name == name)
            ?? throw new ToolstackException($"{name} is an invalid domain identifier: no domain has this name or id; see `xl list'");
    }
}
