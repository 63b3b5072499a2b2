using System.Globalization;
using Xenolith.Devices.Net.Uplink;
using Xenolith.Toolstack.Domains;
using Xenolith.Toolstack.Loaders;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack;

/// <summary>
/// The program's other lives: started again by itself as a monitor, as a domain process or as a switch's uplink. The entry point asks here first.
/// </summary>
public static class ChildProgram
{
    /// <summary>Runs such a life if the arguments ask for one.</summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="exitCode">The exit code of that life.</param>
    /// <returns>False if the arguments are an ordinary command's.</returns>
    public static bool TryRun(IReadOnlyList<string> arguments, out int exitCode) => TryRun(arguments, DefaultParts.Value, out exitCode);

    /// <summary>The same with given parts.</summary>
    internal static bool TryRun(IReadOnlyList<string> arguments, ToolstackParts parts, out int exitCode)
    {
        switch (arguments)
        {
            case [MonitorProcess.Argument, ..]:
                exitCode = MonitorProcess.Run(parts);
                return true;
            case [DomainProcess.Argument, var monitor, ..] when int.TryParse(monitor, CultureInfo.InvariantCulture, out var pid):
                exitCode = DomainProcess.Run(pid, parts.Assembly());
                return true;
            case [UplinkProgram.Argument, var network]:
                exitCode = UplinkProgram.Run(network, Console.Error);
                return true;
            case [LoaderProcess.Argument, var monitor, ..] when int.TryParse(monitor, CultureInfo.InvariantCulture, out var pid):
                exitCode = LoaderProcess.Run(pid);
                return true;
            default:
                exitCode = 0;
                return false;
        }
    }
}
