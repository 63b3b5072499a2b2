using System.Globalization;
using System.Text;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Client;

/// <summary>The store's limits: GET_QUOTA and SET_QUOTA.</summary>
public sealed partial class StoreClient
{
    /// <summary>Names and values of the limits of one domain, or with null of those that hold for all.</summary>
    /// <exception cref="StoreException">The store does not know the domain.</exception>
    public IReadOnlyList<(string Name, string Value)> Quotas(int? domid)
    {
        var names = Encoding.ASCII.GetString(Ask(MessageType.GetQuota, 0, "quotas", [])).TrimEnd('\0').Split(' ');
        return [.. names.Select(name => (name, Encoding.ASCII.GetString(Ask(MessageType.GetQuota, 0, name, Terminated([.. Words(domid), name]))).TrimEnd('\0')))];
    }

    /// <summary>Sets a limit of one domain, or with null that of all; 0 means none.</summary>
    /// <exception cref="StoreException">There is no such limit, or the value is out of range.</exception>
    public void SetQuota(int? domid, string name, long value) =>
        Ask(MessageType.SetQuota, 0, name, Terminated([.. Words(domid), name, value.ToString(CultureInfo.InvariantCulture)]));

    private static string[] Words(int? domid) => domid is { } id ? [id.ToString(CultureInfo.InvariantCulture)] : [];
}
