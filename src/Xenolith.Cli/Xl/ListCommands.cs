using Xenolith.Cli.Commands;
using Xenolith.Cli.Domains;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>Commands that print tables of domains.</summary>
internal static class ListCommands
{
    /// <summary>The option that every table has.</summary>
    internal static readonly Option Json = new(null, "json", "Print JSON instead of a table");

    public static Command List { get; } = new("list", "[options] [Domain]", "List all domains, or one")
    {
        Options =
        [
            new('l', "long", "Print each domain's whole configuration as JSON"),
            new('v', "verbose", "Print UUID, reason of a shutdown and security label"),
            new('Z', "context", "Print the security label"),
            new('c', "cpupool", "Print the CPU pool"),
            new('n', "numa", "Print NUMA nodes"),
            new(null, "all-users", "Print the domains of other users' hosts too, each under its run directory"),
            Json,
        ],
        Run = use =>
        {
            if (use.Arguments.Count > 1)
            {
                use.Terminal.Out.Write(Help.Of(use.Program, use.Command));
                return ExitCode.Failure;
            }

            var domains = Chosen(use);
            use.Terminal.Out.Write(
                use.Has("long") ? RunningJson.Of(domains, use.Services.Host.ConfigOf)
                : use.Has("json") ? RowJson.Domains(domains)
                : DomainTable.List(domains, Columns(use)));
            if (use.Has("all-users"))
                ListOthers(use);
            return ExitCode.Success;
        },
    };

    private static void ListOthers(Invocation use)
    {
        foreach (var others in use.Services.Host.ListOthers().GroupBy(other => other.RunDirectory, other => other.Domain))
        {
            use.Terminal.Out.Line($"\n{others.Key}:");
            use.Terminal.Out.Write(DomainTable.List([.. others], Columns(use)));
        }
    }

    public static Command VcpuList { get; } = new("vcpu-list", "[Domain, ...]", "List the vCPUs of all domains, or of some")
    {
        Options = [Json],
        Run = use =>
        {
            if (use.Has("json"))
            {
                use.Terminal.Out.Write(RowJson.Vcpus(Several(use).Select(domain => (domain, use.Services.Host.Vcpus(domain)))));
                return ExitCode.Success;
            }

            use.Terminal.Out.Write(DomainTable.VcpuHeading);
            foreach (var domain in Several(use))
                use.Terminal.Out.Write(DomainTable.Vcpus(domain, use.Services.Host.Vcpus(domain)));
            return ExitCode.Success;
        },
    };

    public static Command VmList { get; } = new("vm-list", "", "List domains by UUID")
    {
        Options = [Json],
        Run = use =>
        {
            var domains = use.Services.Host.List();
            use.Terminal.Out.Write(use.Has("json") ? RowJson.Domains(domains) : DomainTable.Vms(domains));
            return ExitCode.Success;
        },
    };

    public static Command Claims { get; } = new("claims", "", "List memory claimed for domains that are being made")
    {
        Options = [Json],
        Run = use =>
        {
            var domains = use.Services.Host.List();
            use.Terminal.Out.Write(use.Has("json") ? RowJson.Domains(domains) : DomainTable.List(domains, ListColumns.Claim));
            return ExitCode.Success;
        },
    };

    public static Command Uptime { get; } = new("uptime", "[-s] [Domain]", "Print how long all domains, or some, have lived")
    {
        Options = [new('s', "short", "One line for each domain, as uptime(1)"), Json],
        Run = use =>
        {
            var now = use.Services.Now();
            var domains = Several(use);
            use.Terminal.Out.Write(
                use.Has("json") ? RowJson.Domains(domains)
                : use.Has("short") ? string.Concat(domains.Select(domain => UptimeText.Short(domain, now)))
                : UptimeText.Heading + string.Concat(domains.Select(domain => UptimeText.Row(domain, now))));
            return ExitCode.Success;
        },
    };

    public static Command Domid { get; } = new("domid", "<DomainName>", "Convert a domain's name to its id")
    {
        Least = 1,
        Run = use =>
        {
            var name = use.Arguments[0];
            if (use.Services.Host.List().FirstOrDefault(domain => domain.Name == name) is not { } found)
                return use.Fail($"Can't get domid of domain name '{name}', maybe this domain does not exist.");
            use.Terminal.Out.Line($"{found.Domid}");
            return ExitCode.Success;
        },
    };

    public static Command Domname { get; } = new("domname", "<DomainId>", "Convert a domain's id to its name")
    {
        Least = 1,
        Run = use =>
        {
            var id = use.Arguments[0];
            if (!int.TryParse(id, out var domid))
                return use.Fail($"Invalid domain id: `{id}' is not a number.");
            if (use.Services.Host.List().FirstOrDefault(domain => domain.Domid == domid) is not { } found)
                return use.Fail($"Can't get domain name of domain id '{id}', maybe this domain does not exist.");
            use.Terminal.Out.Line(found.Name);
            return ExitCode.Success;
        },
    };

    public static Command Inspect { get; } = new("inspect", "<Domain>", "Print what a domain's engine and machine have counted")
    {
        Options = [Json],
        Least = 1,
        Notes = "Translations, exits by kind, misses, hypercalls by number: where the time of a guest goes.",
        Run = use =>
        {
            var domain = use.Services.Host.Find(use.Arguments[0]);
            if (domain.Domid == 0)
                return use.Fail("Domain-0 is this host itself; nothing is counted of it.");
            var counters = use.Services.Host.Counters(domain.Domid);
            var width = counters.Select(counter => counter.Name.Length).DefaultIfEmpty().Max();
            use.Terminal.Out.Write(use.Has("json")
                ? RowJson.Map(counters)
                : string.Concat(counters.Select(counter => $"{counter.Name.PadRight(width)}  {counter.Value,14}\n")));
            return ExitCode.Success;
        },
    };

    private static IEnumerable<DomainSummary> Chosen(Invocation use) =>
        use.Arguments.Count == 0 ? use.Services.Host.List() : [use.Services.Host.Find(use.Arguments[0])];

    // As in real xl, an id that nobody has is told of and passed over; a name that nobody has ends the command.
    private static IReadOnlyList<DomainSummary> Several(Invocation use)
    {
        if (use.Arguments.Count == 0)
            return use.Services.Host.List();
        var domains = new List<DomainSummary>();
        foreach (var name in use.Arguments)
        {
            try
            {
                domains.Add(use.Services.Host.Find(name));
            }
            catch (ToolstackException e) when (name.All(char.IsAsciiDigit))
            {
                use.Terminal.Error.Line(e.Message);
            }
        }

        return domains;
    }

    private static ListColumns Columns(Invocation use) =>
        (use.Has("verbose") ? ListColumns.Verbose : 0) | (use.Has("context") ? ListColumns.Context : 0)
        | (use.Has("cpupool") ? ListColumns.Pool : 0) | (use.Has("numa") ? ListColumns.Numa : 0);
}
