using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Xl;

/// <summary>Commands about the host.</summary>
internal static class HostCommands
{
    public static Command Info { get; } = new("info", "[options] [Name]", "Print facts about the host, or the bare value of one")
    {
        Options = [new('n', "numa", "Print the NUMA topology too"), ListCommands.Json],
        Run = use =>
        {
            var rows = use.Services.Host.Facts();
            if (use.Arguments.Count > 0)
            {
                // As in real xl, a name that is no fact prints nothing and is no error.
                foreach (var row in rows.Where(row => row.Name == use.Arguments[0]))
                    use.Terminal.Out.Line(row.Value);
                return ExitCode.Success;
            }

            if (use.Has("json"))
            {
                use.Terminal.Out.Write(RowJson.Map(rows));
                return ExitCode.Success;
            }

            foreach (var (name, value) in rows)
            {
                if (use.Has("numa") && name == "xen_major")
                    use.Terminal.Out.Write(Topology.Text(use.Services.HostCpus, rows));
                use.Terminal.Out.Line($"{name,-22} : {value}");
            }

            return ExitCode.Success;
        },
    };

    public static Command Dmesg { get; } = new("dmesg", "[-c]", "Print the hypervisor's log")
    {
        Options = [new('c', null, "Empty it afterwards")],
        Run = use =>
        {
            use.Terminal.Out.Write(use.Services.Host.Log(use.Has("c")));
            return ExitCode.Success;
        },
    };

    public static Command CpupoolList { get; } = new("cpupool-list", "[-c|--cpus] [<CPU Pool>]", "List CPU pools")
    {
        Options = [new('c', "cpus", "Print the CPUs of each pool")],
        Run = use =>
        {
            if (use.Arguments.Count > 0 && use.Arguments[0] != HostPool.Name)
                return use.Fail($"Pool '{use.Arguments[0]}' does not exist; there is only {HostPool.Name}.");
            use.Terminal.Out.Write(use.Has("cpus")
                ? HostPool.CpuTable(use.Services.HostCpus)
                : HostPool.Table(use.Services.HostCpus, use.Services.Host.List().Count));
            return ExitCode.Success;
        },
    };

    public static Command Getenforce { get; } = new("getenforce", "", "Print whether a FLASK policy is enforced")
    {
        Run = use =>
        {
            use.Terminal.Out.Line("Flask XSM Disabled");
            return NoPolicy;
        },
    };

    // What real xl gives without FLASK.
    private const int NoPolicy = 255;
}
