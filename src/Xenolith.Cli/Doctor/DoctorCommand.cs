using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Cli.Xl;
using Xenolith.Config.Json;

namespace Xenolith.Cli.Doctor;

/// <summary><c>xl doctor</c>, an addition of ours: what this machine has for domains, and why a feature is off.</summary>
internal static class DoctorCommand
{
    /// <summary>Its row in the table.</summary>
    public static Command Command { get; } = new("doctor", "", "Check this machine for what domains need, and remove what dead ones left")
    {
        Options = [ListCommands.Json],
        Notes = "Each line is good, off (a feature that is missing, with the reason) or BAD. Exit code 0 when nothing is BAD, else 1.",
        Run = use => Run(use, new MachineProbe()),
    };

    /// <summary>Checks a machine and prints what was found.</summary>
    internal static int Run(Invocation use, IHostProbe probe)
    {
        var findings = HostChecks.Run(use.Services).Concat(MachineChecks.All.Concat(DeviceChecks.All).Select(check => check(probe))).ToList();
        if (use.Has("json"))
        {
            use.Terminal.Out.Write(Json(findings));
        }
        else
        {
            foreach (var finding in findings)
            {
                use.Terminal.Out.Line($"{finding.Word,-5} {finding.Subject,-16} {finding.Text}");
                if (finding.Advice is not null && finding.Health != Health.Good)
                    use.Terminal.Out.Line($"{"",-23}-> {finding.Advice}");
            }
        }

        return findings.Exists(finding => finding.Health == Health.Bad) ? ExitCode.Failure : ExitCode.Success;
    }

    private static string Json(IEnumerable<Finding> findings)
    {
        var json = new YajlWriter().OpenList();
        foreach (var finding in findings)
        {
            json.OpenMap().Member("subject", finding.Subject).Member("health", finding.Word.ToLowerInvariant()).Member("text", finding.Text);
            if (finding.Advice is not null)
                json.Member("advice", finding.Advice);
            json.Close();
        }

        return json.Close().ToString();
    }
}
