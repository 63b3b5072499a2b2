using Xenolith.Config.Processors;

namespace Xenolith.Config.Json;

/// <summary>Writes <c>b_info</c>, the part of libxl's configuration that a domain is built from.</summary>
internal static class LibxlBuildInfo
{
    private const int DefaultWeight = 256;

    public static void Write(YajlWriter json, DomainConfig config, LibxlForm form)
    {
        var running = form == LibxlForm.Running;
        json.OpenMap();
        json.Member("max_vcpus", running ? config.EffectiveMaxVcpus : config.MaxVcpus);
        LibxlJson.Numbers(json, "avail_vcpus", (running ? config.EffectiveVcpus : config.Vcpus) is { } vcpus ? Enumerable.Range(0, vcpus) : null);
        LibxlJson.NumberLists(json, "vcpu_hard_affinity", config.HardAffinity);
        LibxlJson.NumberLists(json, "vcpu_soft_affinity", config.SoftAffinity);
        json.DefBool("numa_placement", config.PlacementGiven ? false : null)
            .Member("tsc_mode", config.TscMode is "default" ? null : config.TscMode)
            .Member("max_memkb", running ? config.EffectiveMaxMemoryKiB : config.MaxMemoryKiB)
            .Member("target_memkb", running ? config.EffectiveMemoryKiB : config.MemoryKiB)
            .Member("video_memkb", config.VideoMemoryKiB ?? (running ? 0 : null))
            .Member("rtc_timeoffset", config.RtcTimeOffset is 0 ? null : config.RtcTimeOffset)
            .DefBool("localtime", config.LocalTime)
            .DefBool("disable_migrate", config.NoMigrate);
        NumaNodes(json, config);
        json.Member("max_grant_frames", config.MaxGrantFrames)
            .Member("max_maptrack_frames", config.MaxMaptrackFrames)
            .Member("max_grant_version", config.MaxGrantVersion);
        SchedulerParameters(json.Name("sched_params"), config.Scheduler, running);
        json.DefBool("claim_mode", true)
            .Member("event_channels", config.MaxEventChannels is 0 ? null : config.MaxEventChannels)
            .Member("kernel", config.Kernel)
            .Member("cmdline", config.CommandLine)
            .Member("ramdisk", config.Ramdisk)
            .Member("bootloader", config.Bootloader);
        if (!config.BootloaderArguments.IsEmpty)
        {
            json.Name("bootloader_args").OpenList();
            foreach (var argument in config.BootloaderArguments)
                json.Text(argument);
            json.Close();
        }

        OfType(json, config);
        json.EmptyMap("arch_arm").Name("arch_x86").OpenMap().DefBool("msr_relaxed", running ? false : null).Close();
        json.Close();
    }

    private static void NumaNodes(YajlWriter json, DomainConfig config)
    {
        if (config.NumaNodes.IsEmpty)
            return;
        json.Name("vnuma_nodes").OpenList();
        foreach (var node in config.NumaNodes)
        {
            json.OpenMap().Member("memkb", node.MemoryKiB);
            LibxlJson.Numbers(json, "distances", node.Distances);
            json.Member("pnode", node.HostNode is 0 ? null : node.HostNode);
            LibxlJson.Numbers(json, "vcpus", node.Vcpus);
            json.Close();
        }

        json.Close();
    }

    private static void SchedulerParameters(YajlWriter json, SchedulerParameters scheduler, bool running) => json
        .OpenMap()
        .Member("sched", running ? "credit2" : null)
        .Member("weight", scheduler.Weight ?? (running ? DefaultWeight : null))
        .Member("cap", scheduler.Cap ?? (running ? 0 : null))
        .Member("period", scheduler.Period)
        .Member("slice", scheduler.Slice)
        .Member("latency", scheduler.Latency)
        .Member("extratime", scheduler.ExtraTime)
        .Close();

    private static void OfType(YajlWriter json, DomainConfig config)
    {
        json.Name("type." + config.Type.ToString().ToLowerInvariant()).OpenMap();
        if (config.Type == DomainType.Hvm)
        {
            json.EmptyMap("vga")
                .Name("vnc").OpenMap().DefBool("enable", config.Hvm?.Vnc).Close()
                .EmptyMap("sdl")
                .EmptyMap("spice")
                .Member("serial", config.Hvm?.Serial)
                .Member("boot", config.Hvm?.Boot)
                .EmptyMap("rdm");
        }

        if (config.Type == DomainType.Pv)
            json.DefBool("e820_host", config.HostMemoryMap);
        json.Close();
    }
}
