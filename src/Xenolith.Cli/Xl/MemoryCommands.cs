using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Xl;

/// <summary>Commands about the memory of domains.</summary>
internal static class MemoryCommands
{
    public static Command MemMax { get; } = new("mem-max", $"<Domain> {MemorySize.Synopsis}", "Set the most memory a domain may be given")
    {
        Modifies = true,
        Least = 2,
        Notes = "The host promises the new maximum to the domain. Beyond the `maxmem` it was made with, the guest must be able to add memory while it runs, as Linux does.",
        Run = use => Set(use, "maximum", use.Services.Host.Resources.SetMaximumMemory),
    };

    public static Command MemSet { get; } = new("mem-set", $"<Domain> {MemorySize.Synopsis}", "Set how much memory a domain has")
    {
        Modifies = true,
        Least = 2,
        Notes = "The guest's balloon driver gives memory back to the host, or takes it, in its own time; `xl list' shows what it has.",
        Run = use => Set(use, "memory", use.Services.Host.Resources.SetMemory),
    };

    public static Command Sharing { get; } = new("sharing", "[Domain]", "Print how much memory domains share: none, here")
    {
        Run = use =>
        {
            if (use.Arguments.Count > 1)
                return use.Misused("sharing takes one domain, or none for all.");
            var domains = use.Arguments.Count == 0 ? use.Services.Host.List() : [use.Services.Host.Find(use.Arguments[0])];
            use.Terminal.Out.Line("Name                                        ID   Mem Shared");
            foreach (var domain in domains)
                use.Terminal.Out.Line(string.Create(CultureInfo.InvariantCulture, $"{domain.Name,-40} {domain.Domid,5} {domain.MemoryKib / 1024,5}  {0,5}"));
            return ExitCode.Success;
        },
    };

    private static int Set(Invocation use, string what, Action<int, long> set)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        if (!MemorySize.TryParse(use.Arguments[1], out var kib))
            return use.Fail($"invalid memory size: {use.Arguments[1]}");
        if (domain.Domid == 0)
        {
            return use.Fail($"cannot set the {what} of Domain-0: it is this host itself, and keeps {domain.MemoryKib / 1024} MiB. "
                + "Set dom0_mem in xenolith.conf or boot.cfg.");
        }

        set(domain.Domid, kib);
        return ExitCode.Success;
    }
}
