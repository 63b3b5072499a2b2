using Xenolith.Config;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Consoles;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>
/// A small xl for these tests: <c>xl create [-c] [-p] [-F] [-e] NAME SCRIPT [key=value]</c>, <c>list</c>, <c>console [--replay] NAME</c>,
/// <c>unpause NAME</c>, <c>destroy NAME</c>; run in a process of its own, to be captured and killed.
/// </summary>
internal static class ScriptedXl
{
    public static bool TryRun(string[] args, out int exitCode)
    {
        exitCode = 0;
        if (args.FirstOrDefault() != "xl")
        {
            return false;
        }

        try
        {
            using var host = XenHost.Open(ScriptedParts.Value);
            exitCode = Run(host, args[1], [.. args[2..].Where(a => a.StartsWith('-'))], [.. args[2..].Where(a => !a.StartsWith('-'))]);
        }
        catch (ToolstackException e)
        {
            Console.Error.WriteLine(e.Message);
            exitCode = e.ExitCode;
        }

        return true;
    }

    public static DomainConfig Config(string name, string script, params string[] settings)
    {
        string Setting(string key, string absent) => settings.LastOrDefault(s => s.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..] ?? absent;
        ShutdownAction Action(string key, ShutdownAction absent) => ShutdownActions.TryParse(Setting(key, string.Empty), out var action) ? action : absent;
        return new()
        {
            Name = name,
            Uuid = Guid.NewGuid(),
            Kernel = Setting("kernel", "/proc/self/exe"),
            CommandLine = script,
            MemoryKiB = long.Parse(Setting("memory", "16")) * 1024,
            Actions = new()
            {
                OnPoweroff = Action("on_poweroff", ShutdownAction.Destroy),
                OnReboot = Action("on_reboot", ShutdownAction.Restart),
                OnCrash = Action("on_crash", ShutdownAction.Destroy),
            },
        };
    }

    private static int Run(XenHost host, string command, string[] options, string[] words)
    {
        switch (command)
        {
            case "create":
                ConsoleViewer? viewer = null;
                host.Create(
                    Config(words[0], words[1], words[2..]),
                    new() { Paused = options.Contains("-p"), Foreground = options.Contains("-F"), NoMonitor = options.Contains("-e") },
                    options.Contains("-c") ? domid => viewer = host.AttachConsole(domid) : null);
                viewer?.Run();
                return 0;
            case "list":
                foreach (var domain in host.List())
                {
                    Console.WriteLine($"{domain.Name} {domain.Domid} {domain.StateLetters}");
                }

                return 0;
            case "console":
                using (var console = host.AttachConsole(host.Find(words[0]).Domid, options.Contains("--replay")))
                {
                    console.Run();
                }

                return 0;
            case "unpause":
                host.Unpause(host.Find(words[0]).Domid);
                return 0;
            case "destroy":
                host.Destroy(host.Find(words[0]).Domid);
                return 0;
            default:
                throw new ToolstackException($"no such command: {command}", 2);
        }
    }
}
