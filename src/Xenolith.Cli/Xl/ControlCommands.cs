using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Xl;

/// <summary>Commands of the hypervisor's operator: triggers, debug keys, the configuration of restarts.</summary>
internal static class ControlCommands
{
    private static readonly string[] Triggers = ["nmi", "reset", "init", "power", "sleep", "s3resume"];

    public static Command Trigger { get; } = new("trigger", "<Domain> <nmi|reset|init|power|sleep|s3resume> [<VCPU>]", "Send a trigger to a domain")
    {
        Modifies = true,
        Least = 2,
        Notes = "PV guests have NMIs, and neither buttons nor an INIT line: the other triggers fail as on a Xen host, which exits 0 all the same.",
        Run = SendTrigger,
    };

    public static Command ButtonPress { get; } = new("button-press", "<Domain> <Button>", "Press a domain's ACPI button")
    {
        Modifies = true,
        Least = 2,
        Notes = "<Button> may be 'power' or 'sleep'. PV guests have no such buttons; use `shutdown'.",
        Run = use =>
        {
            use.Terminal.Error.Line("WARNING: \"button-press\" is deprecated. Please use \"trigger\"");
            var domain = use.Services.Host.Find(use.Arguments[0]);
            return use.Arguments[1] is "power" or "sleep"
                ? use.Fail(NoSuchTrigger(domain.Name, use.Arguments[1]), ExitCode.Success)
                : use.Fail($"{use.Arguments[1]} is an invalid button identifier");
        },
    };

    public static Command DebugKeys { get; } = new("debug-keys", "<Keys>", "Print what debug keys show to the hypervisor's log")
    {
        Modifies = true,
        Least = 1,
        Notes = "`xl dmesg' shows what was printed; the key h lists the keys.",
        Run = use =>
        {
            use.Services.Host.Resources.DebugKeys(use.Arguments[0]);
            return ExitCode.Success;
        },
    };

    public static Command ConfigUpdate { get; } = new("config-update", "<Domain> <ConfigFile> [options] [vars]", "Replace the configuration a domain is restarted with")
    {
        Options = [new('f', "defconfig", "Read this configuration file", "FILE"), new('d', null, "Print the configuration as JSON")],
        Modifies = true,
        CanDryRun = true,
        Least = 1,
        Notes = "The domain itself stays as it is; its next reboot is made from the new configuration.",
        Run = UpdateConfig,
    };

    private static int SendTrigger(Invocation use)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        var trigger = use.Arguments[1];
        if (!Triggers.Contains(trigger))
            return use.Fail($"Invalid trigger \"{trigger}\"; there are {string.Join(", ", Triggers)}.");
        var vcpu = 0;
        if (use.Arguments.Count > 2 && !int.TryParse(use.Arguments[2], NumberStyles.None, CultureInfo.InvariantCulture, out vcpu))
            use.Terminal.Error.Line("Invalid vcpuid, using default vcpuid=0.\n");
        try
        {
            if (trigger != "nmi" || domain.Domid == 0)
                throw new ToolstackException(domain.Domid == 0 ? "Domain-0 is this host itself; nothing is sent to it." : NoSuchTrigger(domain.Name, trigger));
            use.Services.Host.Resources.RaiseNmi(domain.Domid, vcpu);
        }
        catch (ToolstackException e)
        {
            // Real xl says that it failed, and exits 0; scripts know that.
            use.Terminal.Error.Line(e.Message);
        }

        return ExitCode.Success;
    }

    private static string NoSuchTrigger(string name, string trigger) =>
        $"domain {name} was not sent the trigger '{trigger}': PV guests know only nmi. End it with: xl shutdown {name}";

    private static int UpdateConfig(Invocation use)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        var file = use.Value("defconfig");
        var assignments = new List<string>();
        if (CreateCommand.Sort(use.Arguments.Skip(1), ref file, assignments) is { } stray)
            return use.Misused(stray);
        if (file is null)
            return use.Fail("Config file not specified");
        if (domain.Domid == 0)
            return use.Fail("Domain-0 is this host itself and has no configuration to be restarted with.");
        use.Terminal.Error.Line("WARNING: xl now has better capability to manage domain configuration, avoid using this command when possible");
        var reading = ConfigFile.Read(file, assignments, use.Services);
        if (CreateCommand.Report(reading, use.Terminal, quiet: false, dryRun: false) is { } code)
            return code;
        if (use.Has("d") || use.Globals.DryRun)
            use.Terminal.Out.Write(Config.Json.LibxlJson.DryRun(reading.Config!));
        if (!use.Globals.DryRun)
        {
            use.Terminal.Error.Line($"setting dom{domain.Domid} configuration");
            use.Services.Host.Resources.UpdateConfig(domain.Domid, reading.Config!);
        }

        return ExitCode.Success;
    }
}
