using System.Globalization;
using System.Text;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Config.Nics;
using Xenolith.Host;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Networks;

/// <summary>
/// A note in a domain's directory that an interface is being attached: it stands in no configuration before it is ready, and meanwhile nobody else may
/// take its address. Made under the host's lock, after the question whether the address is free; it goes with the interface.
/// </summary>
internal sealed class NicClaim : IDisposable
{
    private const string Prefix = "attached-vif-";

    private readonly HostState _state;
    private readonly int _domid;
    private readonly string _file;

    /// <summary>Leaves the note.</summary>
    public NicClaim(HostState state, int domid, DomainConfig config, NicConfig nic)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(nic);
        (_state, _domid, _file) = (state, domid, Prefix + nic.DeviceId.ToString(CultureInfo.InvariantCulture));
        using var directory = state.Open(domid);
        if (directory is not null)
        {
            state.WriteText(directory, _file, Encoding.UTF8.GetString(DomainConfigSerializer.Serialize(config with { Nics = [nic] })));
        }
    }

    /// <summary>The interfaces claimed in a domain's directory.</summary>
    public static IEnumerable<NicConfig> In(HostState state, DirectoryHandle directory) =>
        directory.Names().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToList()
            .Select(name => state.ReadText(directory, name)).Where(text => text.Length > 0)
            .SelectMany(text => DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(text)).Nics);

    /// <inheritdoc/>
    public void Dispose()
    {
        using var directory = _state.Open(_domid);
        directory?.Delete(_file);
    }
}
