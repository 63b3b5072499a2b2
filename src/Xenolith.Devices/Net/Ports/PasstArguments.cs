using System.Globalization;

namespace Xenolith.Devices.Net.Ports;

/// <summary>How passt is started for one vif: on a connected socket that it inherits, in the foreground, so that it lives and dies with the domain.</summary>
public static class PasstArguments
{
    /// <summary>The arguments, the program's own name first.</summary>
    /// <param name="descriptor">The number that its end of the socket has in passt.</param>
    /// <param name="mtu">The MTU that its DHCP answers name; 0 for none.</param>
    /// <param name="tcp">TCP ports of the host that lead to the guest, in passt's words: <c>8080:80</c>, <c>127.0.0.1/2222:22</c>.</param>
    /// <param name="udp">UDP ports likewise.</param>
    public static IReadOnlyList<string> Of(int descriptor, int mtu, IEnumerable<string> tcp, IEnumerable<string> udp)
    {
        List<string> arguments =
        [
            "passt", "--foreground", "--quiet",
            "--fd", descriptor.ToString(CultureInfo.InvariantCulture),
            "--mtu", mtu.ToString(CultureInfo.InvariantCulture),
        ];
        Forward(arguments, "--tcp-ports", tcp);
        Forward(arguments, "--udp-ports", udp);
        return arguments;
    }

    private static void Forward(List<string> arguments, string option, IEnumerable<string> ports)
    {
        var any = false;
        foreach (var port in ports)
        {
            any = true;
            arguments.Add(option);
            arguments.Add(port);
        }

        if (!any)
        {
            arguments.Add(option);
            arguments.Add("none");
        }
    }
}
