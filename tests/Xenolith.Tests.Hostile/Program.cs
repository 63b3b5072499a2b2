using Xenolith.Store.Commands;
using Xenolith.Tests.Hostile.Processes;
using Xenolith.Toolstack;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Xenolith.Tests.Hostile;

/// <summary>
/// The test program's entry: it is also the program that its tests start as xl, as xenstored, as a monitor and as a domain process, with a scripted guest
/// instead of a kernel, so that the process model is proved on its own.
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (ChildProgram.TryRun(args, ScriptedParts.Value, out var exitCode) || ScriptedXl.TryRun(args, out exitCode))
        {
            return exitCode;
        }

        if (args is ["--isolated-run-directory", ..])
        {
            return XenstoredCommand.Run(args, Console.Out, Console.Error);
        }

        return args.Any(a => a is "-automated" or "@@")
            ? ConsoleRunner.Run(args).GetAwaiter().GetResult()
            : TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult();
    }
}
