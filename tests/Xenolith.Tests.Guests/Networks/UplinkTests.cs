namespace Xenolith.Tests.Guests.Networks;

/// <summary>A user-space switch with a way out: a libslirp process that the first domain starts and nobody has to stop.</summary>
[Collection("guests")]
public sealed class UplinkTests : GuestHost
{
    [Fact]
    public void Guests_of_one_switch_lease_an_address_each_and_reach_the_host_and_each_other()
    {
        File.WriteAllText(System.IO.Path.Combine(Path, "xenolith.conf"), "switch_uplinks = lan0\n");
        using var server = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        server.Start();
        var port = ((System.Net.IPEndPoint)server.LocalEndpoint).Port;
        const string lan = "vif = [ 'bridge=lan0' ]";

        XlOk("create", NetConfig("first", $"dhcp;nc,10.0.2.2,{port};sleep,1000", lan));
        AwaitConsole("first", "LEASE 10.0.2.15 ROUTER 10.0.2.2 DNS 10.0.2.3");
        Eventually(server.Pending, "the guest does not reach the host");
        using (var client = server.AcceptTcpClient())
        {
            client.GetStream().Write("HOST-REACHED\n"u8);
        }

        AwaitConsole("first", "HOST-REACHED");
        XlOk("create", NetConfig("second", "dhcp;ping,-c1,-W100,10.0.2.15;sleep,1000", lan));
        AwaitConsole("second", "LEASE 10.0.2.16");
        AwaitConsole("second", "1 packets received");
        Assert.Single(Processes("--switch-uplink"));

        XlOk("destroy", "first");
        XlOk("destroy", "second");
        Eventually(() => Processes("--switch-uplink").Count == 0, "the uplink is left");
    }

    [Fact]
    public void Ports_of_the_host_lead_to_the_guest_again_after_the_uplink_was_killed()
    {
        File.WriteAllText(System.IO.Path.Combine(Path, "xenolith.conf"), "switch_uplinks = lan0\n");
        int port;
        using (var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        }

        XlOk("create", NetConfig("guest", "dhcp;while,:;do,echo,GUEST-REACHED,|,nc,-l,-p,80;done", $"vif = [ 'bridge=lan0,forward=127.0.0.1/{port}:80' ]"));
        AwaitConsole("guest", "NETWORK-UP");
        Eventually(() => Said(port) == "GUEST-REACHED\n", "the port does not lead to the guest");
        Assert.Contains($"cannot forward TCP port {port} of this host's 127.0.0.1: Address already in use.", Xl("create", "-p", Config("other", "", $"vif = [ 'bridge=lan0,forward=127.0.0.1/{port}:22' ]")).Error);

        var first = Assert.Single(Processes("--switch-uplink"));
        Kill(first);
        Eventually(() => Processes("--switch-uplink") is [var again] && again != first, "the uplink does not come back");
        Eventually(() => Said(port) == "GUEST-REACHED\n", "the port does not lead to the guest any more");
    }

    private static string Said(int port)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", port) { ReceiveTimeout = 2000 };
            using var reader = new StreamReader(client.GetStream());
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            return string.Empty;
        }
    }
}
