using System.Diagnostics;
using Xenolith.Config;
using Xenolith.Host;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>
/// A host of its own in a temporary directory for one test. At the end every domain is destroyed and nothing may be left: no process, no file
/// of a domain, no store node. Tests with a host run one after the other, because the run directory is chosen by an environment variable.
/// </summary>
public abstract class TestHost : IDisposable
{
    protected TestHost()
    {
        Path = Directory.CreateTempSubdirectory("xenolith-test-").FullName;
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable(RunDirectory.Variable, Path);
        Host = XenHost.Open(ScriptedParts.Value);
    }

    /// <summary>The run directory.</summary>
    protected string Path { get; }

    /// <summary>The host, opened in the test's process.</summary>
    protected XenHost Host { get; }

    public void Dispose()
    {
        foreach (var domain in Host.List().Where(d => d.Domid != 0))
        {
            Host.Destroy(domain.Domid);
        }

        AssertNothingIsLeft();
        Host.Dispose();
        Environment.SetEnvironmentVariable(RunDirectory.Variable, null);
        Directory.Delete(Path, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>No process of this host, no domain's files, no nodes.</summary>
    protected void AssertNothingIsLeft()
    {
        Assert.Single(Host.List());
        Eventually(() => Processes().Count == 0, () => $"processes are left: {string.Join(", ", Processes())}");
        // Of a process that was killed a moment ago, the lock may outlast the rest.
        Eventually(() => Host.List().Count == 1 && Directory.GetFileSystemEntries(System.IO.Path.Combine(Path, "domains")).Length == 0, () => "files of a domain are left");
        Assert.Empty(Nodes());
    }

    /// <summary>Makes a domain from the test's own process.</summary>
    protected int Create(string name, string script, params string[] settings) => Host.Create(ScriptedXl.Config(name, script, settings), new());

    /// <summary>A domain of this name, if there is one.</summary>
    protected DomainSummary? Find(string name) => Host.TryFind(name);

    /// <summary>Starts xl in a process of its own; its output is captured.</summary>
    protected static Process Xl(params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add("xl");
        Array.ForEach(args, start.ArgumentList.Add);
        return Process.Start(start)!;
    }

    /// <summary>Runs xl to its end, which must come: reads both streams to their ends, as a caller that captures output does.</summary>
    protected static (int ExitCode, string Output, string Error) RunXl(params string[] args)
    {
        using var process = Xl(args);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        Assert.True(Task.WhenAll(error, output).Wait(TimeSpan.FromMinutes(3)), $"xl {string.Join(' ', args)} does not let go of its output");
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Waits for a condition, generously: never a measure of time, only against waiting for ever.</summary>
    protected static void Eventually(Func<bool> condition, Func<string> otherwise)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 12000, otherwise());
            Thread.Sleep(10);
        }
    }

    /// <summary>Ids of the monitors and domain processes of this host.</summary>
    protected List<int> Processes() =>
        [.. Directory.GetDirectories("/proc").Select(System.IO.Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!))
            .Where(pid => pid != Environment.ProcessId && ThreadTimes.IsAlive(pid) && IsOurs(pid))];

    /// <summary>The store's nodes of domains.</summary>
    protected List<string> Nodes()
    {
        var folder = System.IO.Path.Combine(Path, FileStoreFinder.Folder);
        string[] shared = ["events", "%local%domain%0%backend", "%local%domain%0%backend%console"];
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Select(f => System.IO.Path.GetFileName(f)!).Except(shared)] : [];
    }

    private bool IsOurs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains($"{RunDirectory.Variable}={Path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended meanwhile
        }
    }
}
