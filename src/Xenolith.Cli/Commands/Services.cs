using Xenolith.Cli.Domains;

namespace Xenolith.Cli.Commands;

/// <summary>What commands act on. Each is made when first asked for, so that a command pays only for what it uses.</summary>
/// <param name="openHost">Opens the host.</param>
public sealed class Services(Func<IDomainHost> openHost)
{
    private IDomainHost? _host;

    /// <summary>The host and its domains.</summary>
    public IDomainHost Host => _host ??= openHost();

    /// <summary>The host once more, for another thread.</summary>
    public IDomainHost OpenAnother() => openHost();

    /// <summary>Where configuration files are looked for after the place as given.</summary>
    public IReadOnlyList<string> ConfigDirectories { get; init; } = ["/etc/xen", "/usr/pkg/etc/xen"];

    /// <summary>How many CPUs the host has.</summary>
    public int HostCpus { get; init; } = Environment.ProcessorCount;

    /// <summary>Seconds of the epoch.</summary>
    public Func<long> Now { get; init; } = () => DateTimeOffset.UtcNow.ToUnixTimeSeconds();
}
