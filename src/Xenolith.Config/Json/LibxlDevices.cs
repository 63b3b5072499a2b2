using System.Collections.Immutable;
using Xenolith.Config.Disks;
using Xenolith.Config.Nics;

namespace Xenolith.Config.Json;

/// <summary>Writes the lists of devices of libxl's configuration; empty lists are not written.</summary>
public static class LibxlDevices
{
    /// <summary>Writes <c>disks</c>.</summary>
    internal static void Disks(YajlWriter json, ImmutableArray<DiskConfig> disks, LibxlForm form) =>
        List(json, "disks", disks, disk => Disk(json, disk, form));

    /// <summary>Writes one disk as a map, the form in which <c>xl -N block-attach</c> prints it too.</summary>
    public static void Disk(YajlWriter json, DiskConfig disk, LibxlForm form) => json
        .OpenMap()
        .Member("backend_domname", disk.BackendDomain)
        .Member("pdev_path", disk.Target)
        .Member("vdev", disk.VirtualDevice)
        .Member("backend", disk.Backend == DiskBackend.Unspecified ? null : disk.Backend.ToString().ToLowerInvariant())
        .Member("format", disk.Format.ToString().ToLowerInvariant())
        .Member("script", disk.Script)
        .Member("removable", disk.Removable ? 1 : null)
        .Member("readwrite", disk.Writable ? 1 : null)
        .Member("is_cdrom", disk.IsCdrom ? 1 : null)
        .JsonBool("direct_io_safe", disk.DirectIoSafe)
        .DefBool("discard_enable", disk.Discard)
        .Member("specification", disk.Specification)
        .DefBool("colo_restore_enable", form == LibxlForm.Running ? false : null)
        .DefBool("trusted", disk.Trusted)
        .Close();

    /// <summary>Writes <c>nics</c>.</summary>
    internal static void Nics(YajlWriter json, ImmutableArray<NicConfig> nics, LibxlForm form) =>
        List(json, "nics", nics, nic => Nic(json, nic, form));

    /// <summary>Writes one interface as a map.</summary>
    public static void Nic(YajlWriter json, NicConfig nic, LibxlForm form)
    {
        var type = nic.Type switch { "ioemu" => "vif_ioemu", null when form == LibxlForm.Running => "vif", var given => given };
        json.OpenMap()
            .Member("backend_domname", nic.BackendDomain)
            .Member("devid", nic.DeviceId < 0 ? null : nic.DeviceId)
            .Member("mtu", nic.Mtu)
            .Member("vlan", nic.Vlan)
            .Member("model", nic.Model)
            .Member("mac", nic.Mac)
            .Member("ip", nic.Ip)
            .Member("bridge", nic.Bridge)
            .Member("ifname", nic.InterfaceName)
            .Member("script", nic.Script)
            .Member("nictype", type)
            .Member("rate_bytes_per_interval", (long?)nic.Rate?.BytesPerInterval)
            .Member("rate_interval_usecs", nic.Rate?.IntervalMicroseconds)
            .Member("gatewaydev", nic.GatewayDevice)
            .DefBool("trusted", nic.Trusted)
            .Close();
    }

    /// <summary>Writes <c>channels</c>.</summary>
    internal static void Channels(YajlWriter json, ImmutableArray<ChannelConfig> channels) =>
        List(json, "channels", channels, channel =>
        {
            json.OpenMap().Member("backend_domname", channel.BackendDomain).Member("name", channel.Name);
            json.Name("connection." + channel.Connection).OpenMap().Member("path", channel.Path).Close().Close();
        });

    private static void List<T>(YajlWriter json, string name, ImmutableArray<T> items, Action<T> write)
    {
        if (items.IsEmpty)
            return;
        json.Name(name).OpenList();
        foreach (var item in items)
            write(item);
        json.Close();
    }

    private static YajlWriter JsonBool(this YajlWriter json, string name, bool value) => value ? json.Name(name).Boolean(true) : json;
}
