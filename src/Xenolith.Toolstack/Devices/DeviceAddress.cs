using System.Globalization;

namespace Xenolith.Toolstack.Devices;

/// <summary>A device of a domain, and where its nodes are.</summary>
/// <param name="Kind">The xenbus name of its kind: <c>vbd</c>, <c>vif</c>.</param>
/// <param name="Domid">The domain.</param>
/// <param name="Id">Its number: a vbd's device number, a vif's handle.</param>
/// <param name="BackendKind">The directory of its backend: the kind, or <c>qdisk</c>, <c>vbd3</c>.</param>
internal readonly record struct DeviceAddress(string Kind, int Domid, int Id, string BackendKind)
{
    /// <summary>A device of a kind that has one backend, of the same name.</summary>
    public DeviceAddress(string kind, int domid, int id)
        : this(kind, domid, id, kind)
    {
    }

    /// <summary>The guest's half.</summary>
    public string Frontend => string.Create(CultureInfo.InvariantCulture, $"/local/domain/{Domid}/device/{Kind}/{Id}");

    /// <summary>Our half.</summary>
    public string Backend => string.Create(CultureInfo.InvariantCulture, $"/local/domain/0/backend/{BackendKind}/{Domid}/{Id}");

    /// <summary>Where a Linux backend tells why it gave up.</summary>
    public string Error => string.Create(CultureInfo.InvariantCulture, $"/local/domain/0/error/backend/{BackendKind}/{Domid}/{Id}");

    /// <summary>The toolstack's own record of it.</summary>
    public string Libxl => string.Create(CultureInfo.InvariantCulture, $"/libxl/{Domid}/device/{Kind}/{Id}");
}
