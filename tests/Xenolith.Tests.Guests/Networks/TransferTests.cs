namespace Xenolith.Tests.Guests.Networks;

/// <summary>Bytes that one guest sends are the bytes that another, or the host, receives: through Linux's netfront with all its offloads.</summary>
[Collection("guests")]
public sealed class TransferTests : GuestHost
{
    private const string Send = "dd,if=/dev/urandom,of=/data,bs=1M,count=24,2>/dev/null;sha256sum,/data;";

    private readonly NetworkNamespace _network = new();

    public TransferTests() => _network.AddBridge("br0", "10.9.0.1/24");

    protected override IReadOnlyList<string> RunBy => _network.RunBy;

    protected override void Closed() => _network.Dispose();

    [Theory]
    [InlineData("switch0", 1, "10.9.0.", 24)]
    [InlineData("br0", 2, "10.9.0.", 24)]
    [InlineData("switch0", 2, "fd09::", 64)]
    [InlineData("br0", 1, "fd09::", 64)]
    public void What_a_guest_sends_arrives_unchanged(string bridge, int vcpus, string net, int bits)
    {
        string[] lines = [$"vif = [ 'bridge={bridge}' ]", $"vcpus = {vcpus}"];
        XlOk("create", NetConfig("receiver", $"{net}2/{bits};nc,-l,-p,5000,|,sha256sum;echo,RECEIVED;sleep,1000", lines));
        AwaitConsole("receiver", "NETWORK-UP");
        XlOk("create", NetConfig("sender", $"{net}3/{bits};{Send}until,nc,{net}2,5000,</data;do,sleep,1;done;echo,SENT;sleep,1000", lines));

        AwaitConsole("sender", "SENT");
        AwaitConsole("receiver", "RECEIVED");

        Assert.Equal(Hash("sender"), Hash("receiver"));
    }

    private string Hash(string name)
    {
        var text = File.ReadAllText(System.IO.Path.Combine(Path, "log", "console", $"guest-{name}.log"));
        return System.Text.RegularExpressions.Regex.Match(text, "\\b[0-9a-f]{64}\\b").Value is { Length: 64 } hash ? hash : throw new InvalidOperationException($"no checksum in: {text}");
    }
}
