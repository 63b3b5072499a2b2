using System.Globalization;
using System.Text;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>
/// <c>sched-credit2</c>, and <c>sched-credit</c> as scripts of older hosts use it: weight and cap mean the same in both, and Linux does the scheduling. Xen's pool
/// here schedules by credit2, so that a list of the credit scheduler's domains is empty, as on such a Xen host.
/// </summary>
internal static class SchedulerCommands
{
    // Linux has no such limit; this is what Xen's credit2 has unless told otherwise, and what scripts expect to read.
    private const int RateLimitMicroseconds = 1000;

    private static readonly Option[] DomainOptions =
    [
        new('d', "domain", "The domain", "DOMAIN"),
        new('w', "weight", "Its share of CPU time, 1 to 65535; 256 is usual", "WEIGHT"),
        new('c', "cap", "Its most CPU time in percent of one CPU; 0 is no limit", "CAP"),
        new('s', "schedparam", "Print the scheduler's own parameters"),
        new('r', "ratelimit_us", "Refused: Linux schedules, and has no such limit", "RLIMIT"),
        new('p', "cpupool", "Print the domains of this pool only", "CPUPOOL"),
    ];

    public static Command Credit2 { get; } = new("sched-credit2", "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-p CPUPOOL]", "Print or set parameters of the credit2 scheduler")
    {
        Options = [.. DomainOptions],
        Modifies = true,
        Notes = "Weights and caps are cgroup settings where this user may make cgroups with the cpu controller; else weights are nice values and caps are refused.",
        Run = use => Run(use, listsDomains: true),
    };

    public static Command Credit { get; } = new(
        "sched-credit", "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-t TSLICE] [-r RATELIMIT]] [-p CPUPOOL]", "Print or set weight and cap in the credit scheduler's way")
    {
        Options =
        [
            .. DomainOptions,
            new('t', "tslice_ms", "Refused, as -r", "TSLICE"),
            new('m', "migration_delay_us", "Refused, as -r", "DLY"),
        ],
        Modifies = true,
        Notes = "With -d it does what sched-credit2 does. Without, it prints nothing: the pool's scheduler is credit2.",
        Run = use => Run(use, listsDomains: false),
    };

    private static int Run(Invocation use, bool listsDomains)
    {
        var (domain, pool) = (use.Value("domain"), use.Value("cpupool"));
        var sets = use.Has("weight") || use.Has("cap");
        if (pool is not null && (domain is not null || sets))
            return use.Fail("Specifying a cpupool is not allowed with other options.");
        if (domain is null && sets)
            return use.Fail("Must specify a domain.");
        if (use.Has("ratelimit_us") || use.Has("tslice_ms") || use.Has("migration_delay_us"))
            return use.Fail("Linux schedules the vCPUs; it has no rate limit, time slice or migration delay that could be set here.");
        if (pool is not null && pool != HostPool.Name && pool != "0")
            return use.Fail($"unknown cpupool '{pool}'; there is only {HostPool.Name}");
        if (use.Has("schedparam"))
        {
            if (listsDomains)
                use.Terminal.Out.Write(PoolLine);
            return listsDomains ? ExitCode.Success : use.Fail($"{HostPool.Name} schedules by {HostPool.Scheduler}, not credit; use sched-credit2 -s.");
        }

        if (domain is not null)
            return sets ? Set(use, domain) : Print(use, Heading + Row(use.Services.Host.Find(domain)));
        return listsDomains ? Print(use, PoolLine + Heading + string.Concat(use.Services.Host.List().Select(Row))) : ExitCode.Success;
    }

    private static int Set(Invocation use, string name)
    {
        var domain = use.Services.Host.Find(name);
        if (!TryNumber(use, "weight", out var weight) || !TryNumber(use, "cap", out var cap))
            return ExitCode.Failure;
        if (domain.Domid == 0)
            return use.Fail("Domain-0 is this host itself: Linux weighs what runs in it.");
        use.Services.Host.Resources.Schedule(domain.Domid, weight, cap);
        return ExitCode.Success;
    }

    private static bool TryNumber(Invocation use, string option, out int? number)
    {
        number = null;
        if (use.Value(option) is not { } text)
            return true;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            number = value;
            return true;
        }

        use.Fail($"--{option}: `{text}' is not a whole number.");
        return false;
    }

    private static int Print(Invocation use, string text)
    {
        use.Terminal.Out.Write(text);
        return ExitCode.Success;
    }

    private static string PoolLine => string.Create(CultureInfo.InvariantCulture, $"Cpupool {HostPool.Name}: ratelimit={RateLimitMicroseconds}us\n");

    private static string Heading => $"{"Name",-33} {"ID",4} {"Weight",6} {"Cap",4}\n";

    private static string Row(DomainSummary domain) =>
        new StringBuilder().Append(CultureInfo.InvariantCulture, $"{domain.Name,-33} {domain.Domid,4} {domain.Weight,6} {domain.Cap,4}\n").ToString();
}
