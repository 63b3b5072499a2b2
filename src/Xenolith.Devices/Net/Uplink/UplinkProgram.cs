using Xenolith.Devices.Net.Switch;
using Xenolith.Host;
using Xenolith.Host.Network;

namespace Xenolith.Devices.Net.Uplink;

/// <summary>The life of an uplink's process: started on the descriptors of its port, it ends when nobody has been connected for a while.</summary>
public static class UplinkProgram
{
    /// <summary>First word of the command line, before the switch's name. Descriptors 3 to 5 are those of <see cref="UplinkDirectory.Claim"/>.</summary>
    public const string Argument = "--switch-uplink";

    private const int Listener = 3, Feed = 4, Control = 5, IdleMilliseconds = 5_000, TurnMilliseconds = 1_000;

    /// <summary>Runs; the exit code.</summary>
    public static int Run(string network, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        var port = new SwitchPort(Descriptors.Own(Listener), Descriptors.Own(Feed));
        SwitchUplink uplink;
        try
        {
            uplink = new SwitchUplink(port, Descriptors.Own(Control), SlirpNetwork.Usual);
        }
        catch (DllNotFoundException e)
        {
            errors.WriteLine($"uplink of switch {network}: {e.Message}");
            port.Dispose();
            return 1;
        }

        using (uplink)
        {
            for (var idleSince = Environment.TickCount64; Environment.TickCount64 - idleSince < IdleMilliseconds;)
            {
                uplink.Turn(uplink.IsNeeded ? Timeout.Infinite : TurnMilliseconds);
                if (uplink.IsNeeded)
                {
                    idleSince = Environment.TickCount64;
                }
            }
        }

        return 0;
    }
}
