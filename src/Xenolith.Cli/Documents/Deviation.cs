namespace Xenolith.Cli.Documents;

/// <summary>A place where we behave otherwise than real Xen on purpose.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Xen">What real Xen 4.17 does.</param>
/// <param name="Here">What happens here.</param>
/// <param name="Why">The reason.</param>
internal sealed record Deviation(string Subject, string Xen, string Here, string Why)
{
    /// <summary>All of them, for docs/support.md.</summary>
    public static readonly Deviation[] All =
    [
        new("a value of the wrong type (`memory=\"abc\"`, `disk=\"file:...\"`)", "a warning; the domain is created without it", "an error, exit 1",
            "the domain would not be the one that was asked for"),
        new("a misspelt key (`memroy`)", "ignored without a word", "an error that names the key meant, exit 1", "the same"),
        new("an unknown key", "ignored without a word", "a warning with its place", "the same; scripts' own notes still pass"),
        new("a vif key that does not exist, a bad `mac`, a bad `type`", "a remark; the interface is made without it", "an error, exit 1", "the same"),
        new("a MAC of seven bytes, a group address", "the first six bytes are taken", "an error, exit 1", "the guest could not use it"),
        new("blanks around keys and values in a vif", "\"unrecognized argument\"", "ignored", "that is what was meant"),
        new("`bridge=B`, and the host has no B", "the creation fails", "a switch in user space called B; `xl create` says so", "domains of one user see each other without any right"),
        new("a vif without `bridge`, and no xenbr0", "the creation fails", "passt: the host's own network; `xl create` says so", "the same"),
        new("the same `mac` twice in one network", "both are made", "the second is refused and the first one's domain named", "a network that works now and then"),
        new("`forward=2222:22` in a vif", "unrecognized argument", "ports of the host that lead to the guest (docs/networks.md)", "passt's guests cannot be reached otherwise"),
        new("a vif's `feature-ctrl-ring`, `feature-xdp-headroom`", "offered to the guest", "not offered", "nothing needs them but hashing of Windows guests, and XDP in netfront"),
        new("`xl network-list`", "a table", "the same table; on standard error the way out of each vif", "which network a domain is on"),
        new("`w!` and `r!` in a disk", "refused by 4.17's xl, known to xm", "accepted: the image may be shared", "the only way to ask for it"),
        new("no `name`", "exit 1", "the file's base name; exit 1 for /dev/null", "as xm did"),
        new("an empty name, a name with `/`", "a domain is left half made", "an error, exit 1", "such a name cannot be used later"),
        new("`vcpus=0`", "taken as 1 without a word", "taken as 1 with a warning", "it is probably a mistake"),
        new("`\\xHH` and octal escapes in strings", "never work", "work as documented", "a defect of libxlu"),
        new("a comment without a line end at the end of a file", "a lexical error", "accepted", "a defect of libxlu"),
        new("lines that end with CR and LF", "a lexical error", "accepted", "files that were edited elsewhere"),
        new("`cpus` that names only CPUs which the host has not", "taken; the domain runs anywhere", "refused, exit 3", "it is not what was asked for"),
        new("one image writable as two disks of one domain", "accepted", "refused, exit 3, unless both say `w!`", "the guest would destroy its file system"),
        new("`cpu=\"0,1\"`", "ignored without a word", "read as `cpus`", "Ganeti writes it, and means that"),
        new("`type=\"pvh\"`, `type=\"hvm\"`", "works", "a dry run prints the configuration; a creation is refused, exit 3", "not built yet"),
        new("the global option `-v`, and `create -d`", "libxl's own messages", "what is done, and with `-vv` or `-d` the monitor's log of the domain", "there is no libxl"),
        new("`xl --help`, `xl -h`, `xl --version`", "\"unknown global option\", exit 1", "help or the version, exit 0", "what a newcomer types first"),
        new("`xl list --json` and its like", "unknown", "each table as JSON", "scripts need not parse columns"),
        new("`xl inspect`", "unknown", "counters of a domain's engine and machine", "an addition"),
        new("`xl doctor`", "unknown", "checks the machine, removes what dead domains left", "an addition"),
        new("`xl config check`, `xl config keys`", "unknown", "checks files, explains keys", "an addition"),
        new("`maxmem` above `memory`", "the domain is given `memory`; `maxmem` may not be there when it is asked for", "`maxmem` is kept free from the start, until `mem-set` says otherwise",
            "a guest can then always grow to it"),
        new("`cpu_weight`, `cap`", "the scheduler's own", "a cgroup of the domain process, devices included: version 2 where a delegated group has `cpu`, else version 1 (this one was proven on a real kernel, version 2 on a model of its files); "
            + "else nice values, and a `cap` is refused", "Linux schedules"),
        new("soft affinity", "a preference", "kept to strictly, as long as it leaves a CPU of the hard one", "Linux knows no preference"),
        new("`sched-credit -d DOMAIN`", "fails, exit 1: the pool's scheduler is credit2", "shows and sets weight and cap as `sched-credit2` does", "older scripts mean that"),
        new("a debug key without a handler", "nothing happens, exit 0", "an error that says how to list the keys, exit 1", "it is probably a mistake"),
        new("`mem-set`, `vcpu-set`, `vcpu-pin` on Domain-0", "works", "refused, exit 1, unless it is so already", "Domain-0 is this host itself; its share is set by dom0_mem and its like"),
        new("words of errors", "libxl's", "the thing, the cause and the next step", "exit codes and standard output are the same"),
    ];
}
