using System.Diagnostics;

namespace Xenolith.Tests.Guests.Networks;

/// <summary>A network of its own for one test, so that bridges and TAPs never meet this machine's. Needs root.</summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly string _name = $"xlt{Environment.ProcessId}-{Guid.NewGuid():N}"[..20];

    public NetworkNamespace()
    {
        Host("ip", "netns", "add", _name);
        Run("ip", "link", "set", "lo", "up");
    }

    /// <summary>What runs a program in it.</summary>
    public IReadOnlyList<string> RunBy => ["ip", "netns", "exec", _name];

    public void Dispose() => Host("ip", "netns", "del", _name);

    /// <summary>Makes a bridge in it.</summary>
    public void AddBridge(string name, string address)
    {
        Run("ip", "link", "add", name, "type", "bridge");
        Run("ip", "addr", "add", address, "dev", name);
        Run("ip", "link", "set", name, "up");
    }

    /// <summary>The interfaces in it.</summary>
    public string Links() => Run("ip", "-o", "link");

    /// <summary>Runs a program in it, which must succeed.</summary>
    public string Run(params string[] words) => Host([.. RunBy, .. words]);

    /// <summary>Runs a program in it; true if it succeeds.</summary>
    public bool Try(params string[] words) => Start([.. RunBy, .. words]).Code == 0;

    private static string Host(params string[] words)
    {
        var (code, output) = Start(words);
        Assert.True(code == 0, $"{string.Join(' ', words)}: {code} {output}");
        return output;
    }

    private static (int Code, string Output) Start(string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }
}
