using Xenolith.Cli.Domains;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl.Top;

/// <summary>A domain as <c>xl top</c> shows it.</summary>
/// <param name="Summary">What <c>xl list</c> knows of it.</param>
/// <param name="Vcpus">Its vCPUs; empty unless asked for.</param>
/// <param name="Nets">How many interfaces its configuration has.</param>
/// <param name="Vbds">How many disks its configuration has.</param>
/// <param name="Devices">What they have done.</param>
/// <param name="Percent">CPU time since the last look, in percent of one CPU.</param>
/// <param name="TotalKib">The host's memory, of which the percentages are told.</param>
internal sealed record TopDomain(
    DomainSummary Summary, IReadOnlyList<VcpuRow> Vcpus, int Nets, int Vbds, DeviceStatistics Devices, double Percent, long TotalKib)
{
    /// <summary>xentop's letters: dying, shut down, blocked, crashed, paused, running.</summary>
    public string State => string.Create(6, Summary, static (letters, domain) =>
    {
        letters[0] = domain.Dying ? 'd' : '-';
        letters[1] = domain.ShutdownReason is null ? '-' : 's';
        letters[2] = domain.Blocked ? 'b' : '-';
        letters[3] = domain.ShutdownReason == Crash ? 'c' : '-';
        letters[4] = domain.Paused ? 'p' : '-';
        letters[5] = domain.Running ? 'r' : '-';
    });

    /// <summary>Bytes the guest sent.</summary>
    public long BytesSent => Devices.Vifs.Sum(vif => vif.Sent.Bytes);

    /// <summary>Bytes the guest received.</summary>
    public long BytesReceived => Devices.Vifs.Sum(vif => vif.Received.Bytes);

    /// <summary>A sum over its disks; null when it has disks and nothing is known of them. One that is not connected has done nothing.</summary>
    public long? OfVbds(Func<VbdStatistics, long> value) => Vbds > 0 && !Devices.IsKnown ? null : Devices.Vbds.Sum(value);

    // SHUTDOWN_crash of xen/include/public/sched.h.
    private const int Crash = 3;
}
