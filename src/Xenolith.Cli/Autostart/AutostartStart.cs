using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Autostart;

/// <summary><c>xendomains start</c> and <c>status</c>.</summary>
internal static class AutostartStart
{
    /// <summary>LSB's code of a service that does not run.</summary>
    public const int NotRunning = 3;

    /// <summary>Creates every domain that is not there. One that fails does not keep the next from its start.</summary>
    public static int Start(AutostartSettings settings, Services services, Terminal terminal)
    {
        var (code, first) = (ExitCode.Success, true);
        terminal.Out.Write("Starting auto Xen domains:");
        foreach (var domain in AutostartDomain.All(settings, services))
        {
            terminal.Out.Write($" {domain.Name}");
            if (services.Host.List().Any(running => running.Name == domain.Name))
            {
                terminal.Out.Write("(skip)");
                continue;
            }

            if (!first && settings.PauseMicroseconds > 0)
                Thread.Sleep(TimeSpan.FromMicroseconds(settings.PauseMicroseconds));
            first = false;
            if (Create(domain, services) is not { } problem)
                continue;
            code = ExitCode.Failure;
            terminal.Out.Write("!");
            terminal.Out.Flush();
            terminal.Error.Line($"\nAn error occurred while creating domain {domain.Name}: {problem}");
        }

        terminal.Out.Line();
        return code;
    }

    /// <summary>Whether every domain is there.</summary>
    public static int Status(AutostartSettings settings, Services services, Terminal terminal)
    {
        var running = services.Host.List().Select(domain => domain.Name).ToHashSet(StringComparer.Ordinal);
        var domains = AutostartDomain.All(settings, services);
        terminal.Out.Line($"Checking for xendomains:{string.Concat(domains.Where(domain => running.Contains(domain.Name)).Select(domain => " " + domain.Name))}");
        var missing = domains.Where(domain => !running.Contains(domain.Name)).ToList();
        if (missing.Count == 0)
            return ExitCode.Success;
        terminal.Out.Line($"MISS AUTO:{string.Concat(missing.Select(domain => " " + domain.Name))}");
        return NotRunning;
    }

    private static string? Create(AutostartDomain domain, Services services)
    {
        if (domain.Problem is not null)
            return domain.Problem;
        try
        {
            services.Host.Create(domain.Reading!.Config!, new CreateOptions(), attachConsole: false);
            return null;
        }
        catch (ToolstackException e)
        {
            return e.Message;
        }
    }
}
