using static Xenolith.Config.Keys.ConfigKey;
using static Xenolith.Config.Keys.KeyType;

namespace Xenolith.Config.Keys;

/// <summary>Identity, processors, memory and what happens at the end of a life: "General Options" of xl.cfg(5).</summary>
internal static class GeneralKeys
{
    private const string OtherSchedulers = "Linux schedules; weights and caps are what it knows";
    private const string Pools = "there is one pool, Pool-0, for all domains";
    private const string OneNode = "the host is shown to guests as one NUMA node";

    public static readonly KeySection Identity = new("Identity and type",
    [
        Works("name", Text, "the file's base name", "the domain's name, unique on its host"),
        Works("type", Text, "pv", "the kind of guest: pv; pvh and hvm are read but not run yet"),
        Works("builder", Text, "generic", "the older way to say type: generic (pv) or hvm"),
        Works("uuid", Text, "random", "the domain's UUID, kept over reboots"),
        NoEffect("pool", Text, "Pool-0", "the CPU pool to run in", Pools),
        NoEffect("seclabel", Text, "none", "the FLASK security label", "there is no FLASK policy here"),
        NoEffect("init_seclabel", Text, "none", "the FLASK label while the domain is built", "there is no FLASK policy here"),
        NoEffect("nomigrate", Flag, "0", "forbids migration", "migration is not built yet"),
        NoEffect("driver_domain", Flag, "0", "marks a domain that serves devices to others", "backends run beside each domain here"),
    ]);

    public static readonly KeySection Processors = new("Processors",
    [
        Works("vcpus", Number, "1", "how many vCPUs are online at start"),
        Works("maxvcpus", Number, "vcpus", "how many vCPUs can ever be online"),
        Works("cpus", TextOrList, "all", "host CPUs the vCPUs may run on: one set for all, or a list with one set each"),
        Works("cpus_soft", TextOrList, "all", "host CPUs the vCPUs should run on; kept to strictly, as Linux knows no preference"),
        Works("cpu", Text, "all", "xm's and Ganeti's way to say cpus for all vCPUs"),
        Works("cpu_weight", Number, "256", "share of CPU time when it is short: a cgroup weight, or a nice value where there is no cgroup for us"),
        Works("cap", Number, "0", "most CPU time in percent of one CPU; 0 is no limit; refused where there is no cgroup for us"),
        NoEffect("period", Number, "scheduler's", "period in microseconds (rtds)", OtherSchedulers),
        NoEffect("slice", Number, "scheduler's", "slice in microseconds (sedf)", OtherSchedulers),
        NoEffect("latency", Number, "scheduler's", "latency in microseconds (sedf)", OtherSchedulers),
        NoEffect("extratime", Number, "scheduler's", "whether to use spare time (rtds)", OtherSchedulers),
        NoEffect("cpuid", TextOrList, "host", "changes to the CPUID leaves a guest sees", "guests see what the engine runs exactly"),
    ]);

    public static readonly KeySection Memory = new("Memory",
    [
        Works("memory", Number, "32", "memory at start, MiB"),
        Works("maxmem", Number, "memory", "most memory the guest can ever have, MiB"),
        NoEffect("shadow_memory", Number, "computed", "memory for shadow page tables, MiB", "page tables are not shadowed here"),
        NoEffect("vnuma", NestedList, "none", "virtual NUMA nodes", OneNode),
        Works("max_grant_frames", Number, "64", "most frames of the grant table, 1 to 512"),
        NoEffect("max_maptrack_frames", Number, "1024", "most frames that track mapped grants", "a guest has 16,384 mappings"),
        Works("max_grant_version", Number, "2", "newest grant table version a guest may use"),
        NoEffect("llc_colors", TextList, "none", "last-level cache colours", "Linux owns the host's caches"),
    ]);

    public static readonly KeySection Actions = new("What happens at the end of a life",
    [
        Works("on_poweroff", Text, "destroy", "after an ordinary shutdown: destroy, restart, rename-restart, preserve, coredump-destroy, coredump-restart"),
        Works("on_reboot", Text, "restart", "after a reboot"),
        Works("on_watchdog", Text, "destroy", "after the watchdog fired"),
        Works("on_crash", Text, "destroy", "after a crash"),
        NoEffect("on_soft_reset", Text, "soft-reset", "after a soft reset", "soft reset serves kexec in HVM guests"),
    ]);
}
