using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Config;
using Xenolith.Config.Json;
using Xenolith.Config.Nics;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Nics;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>Commands about the network interfaces of domains.</summary>
internal static class NetworkCommands
{
    private const string Header = "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       ";

    /// <summary><c>xl network-attach</c>.</summary>
    public static Command Attach { get; } = new("network-attach", "<Domain> [vif-spec-component(s)]", "Add a network interface to a domain")
    {
        Modifies = true,
        CanDryRun = true,
        Least = 1,
        Notes = "Components are those of vif = [ ... ]: mac=00:16:3e:12:34:56 bridge=bridge0 rate=10Mb/s. A restarted domain has the interface too.",
        Run = use =>
        {
            var domain = use.Services.Host.Find(use.Arguments[0]);
            if (!NicSpec.TryParse(string.Join(',', use.Arguments.Skip(1)), -1, out var nic, out var problem))
                return use.Fail($"{problem}.");
            if (use.Globals.DryRun)
            {
                var json = new YajlWriter();
                LibxlDevices.Nic(json, nic, LibxlForm.DryRun);
                use.Terminal.Out.Write($"vif: {json}\n");
                return ExitCode.Success;
            }

            if (Refuse(nic) is { } refusal)
                return use.Fail(refusal);
            var devices = new DomainConfig { Name = domain.Name, Uuid = domain.Uuid, Nics = [nic] };
            foreach (var remark in use.Services.Host.Attach(domain.Domid, devices))
                use.Terminal.Error.Line(remark);
            return ExitCode.Success;
        },
    };

    /// <summary><c>xl network-list</c>.</summary>
    public static Command List { get; } = new("network-list", "<Domain(s)>", "List network interfaces of domains")
    {
        Least = 1,
        Notes = "Which way out each interface takes is told on standard error.",
        Run = use =>
        {
            use.Terminal.Out.Line(Header);
            foreach (var name in use.Arguments)
            {
                // Real xl takes any number for a domain and lists nothing of one that does not exist.
                var domid = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : use.Services.Host.Find(name).Domid;
                foreach (var nic in use.Services.Host.Nics(domid))
                {
                    use.Terminal.Out.Line(Row(nic));
                    if (nic.Way is { } way)
                        use.Terminal.Error.Line($"vif {nic.Id} ({nic.Mac}): {way}");
                }
            }

            return ExitCode.Success;
        },
    };

    /// <summary><c>xl network-detach</c>.</summary>
    public static Command Detach { get; } = new("network-detach", "<Domain> <DevId|mac>", "Remove a network interface from a domain")
    {
        Modifies = true,
        Least = 2,
        Run = use =>
        {
            var domain = use.Services.Host.Find(use.Arguments[0]);
            if (Find(use, domain, use.Arguments[1]) is not { } nic)
                return use.Fail($"Unknown device {use.Arguments[1]}. See the interfaces of {domain.Name} with: {use.Program} network-list {domain.Name}");
            use.Services.Host.Detach(domain.Domid, "vif", nic.Id, DetachPatience.ThenForce);
            return ExitCode.Success;
        },
    };

    private static NicStatus? Find(Invocation use, DomainSummary domain, string which)
    {
        var nics = use.Services.Host.Nics(domain.Domid);
        if (MacAddress.TryParse(which, out var mac, out _))
            return nics.FirstOrDefault(nic => nic.Mac == mac);
        return int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? nics.FirstOrDefault(nic => nic.Id == id) : null;
    }

    private static string? Refuse(NicConfig nic) => nic switch
    {
        { Type: "ioemu" } => "type ioemu is an emulated card, which only HVM guests have; write type=vif or leave it out.",
        { BackendDomain: not (null or "0" or "Domain-0") } => $"backend `{nic.BackendDomain}': only Domain-0 serves interfaces here; leave `backend' out.",
        { Forwards.IsEmpty: false, Script: not null } => "`forward' is for passt and for switches with an uplink, not for scripts.",
        _ => null,
    };

    private static string Row(NicStatus nic) => string.Create(
        CultureInfo.InvariantCulture,
        $"{nic.Id,-3} {0,-2} {nic.Mac}{nic.Id,6} {nic.State,5} {nic.EventChannel,6} {nic.TransmitRing,5}/{nic.ReceiveRing,-11} {nic.BackendPath,-30}");
}
