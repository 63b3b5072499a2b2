using System.Collections.Immutable;

namespace Xenolith.Config.Json;

/// <summary>Writes a configuration as libxl's <c>libxl_domain_config</c>: the same members in the same order.</summary>
public static class LibxlJson
{
    // libxl's "no domid yet"; real `xl list -l' shows it for every domain that xl created.
    private const uint InvalidDomid = uint.MaxValue;

    /// <summary>What <c>xl create -n</c> prints.</summary>
    public static string DryRun(DomainConfig config)
    {
        var json = new YajlWriter();
        Write(json, config, LibxlForm.DryRun);
        return json.ToString();
    }

    /// <summary>Writes the map of <paramref name="config"/>.</summary>
    public static void Write(YajlWriter json, DomainConfig config, LibxlForm form)
    {
        json.OpenMap();
        CreateInfo(json.Name("c_info"), config, form);
        LibxlBuildInfo.Write(json.Name("b_info"), config, form);
        LibxlDevices.Disks(json, config.Disks, form);
        LibxlDevices.Nics(json, config.Nics, form);
        LibxlDevices.Channels(json, config.Channels);
        Actions(json, config.Actions);
        json.Close();
    }

    private static void CreateInfo(YajlWriter json, DomainConfig config, LibxlForm form) => json
        .OpenMap()
        .Member("type", config.Type.ToString().ToLowerInvariant())
        .Member("ssid_label", config.SecurityLabel)
        .Member("name", config.Name)
        .Member("domid", form == LibxlForm.Running ? InvalidDomid : null)
        .Member("uuid", config.Uuid.ToString("D"))
        .Member("pool_name", config.Pool)
        .DefBool("run_hotplug_scripts", true)
        .DefBool("driver_domain", config.DriverDomain)
        .Close();

    private static void Actions(YajlWriter json, ShutdownActions actions)
    {
        // destroy is the value an absent member has when libxl reads the JSON back, so it is not written.
        foreach (var (name, action) in (ReadOnlySpan<(string, ShutdownAction)>)
            [
                ("on_poweroff", actions.OnPoweroff), ("on_reboot", actions.OnReboot), ("on_watchdog", actions.OnWatchdog),
                ("on_crash", actions.OnCrash), ("on_soft_reset", actions.OnSoftReset),
            ])
        {
            if (action != ShutdownAction.Destroy)
                json.Member(name, ShutdownActions.LibxlName(action));
        }
    }

    /// <summary>Writes a list of numbers, unless it is null.</summary>
    internal static void Numbers(YajlWriter json, string name, IEnumerable<int>? numbers)
    {
        if (numbers is null)
            return;
        json.Name(name).OpenList();
        foreach (var number in numbers)
            json.Number(number);
        json.Close();
    }

    /// <summary>Writes a list of lists of numbers, unless it is empty.</summary>
    internal static void NumberLists(YajlWriter json, string name, ImmutableArray<ImmutableArray<int>> lists)
    {
        if (lists.IsEmpty)
            return;
        json.Name(name).OpenList();
        foreach (var list in lists)
        {
            json.OpenList();
            foreach (var number in list)
                json.Number(number);
            json.Close();
        }

        json.Close();
    }
}
