using System.Diagnostics;
using Xenolith.Host;

namespace Xenolith.Tests.Guests;

/// <summary>
/// A host of its own for one test, with the native program from out/bin. At the end every domain is destroyed, and no process, no domain's file
/// and no store node of a domain may be left.
/// </summary>
public abstract class GuestHost : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    protected GuestHost()
    {
        Path = Directory.CreateTempSubdirectory("xenolith-guests-").FullName;
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The run directory.</summary>
    protected string Path { get; }

    public void Dispose()
    {
        foreach (var domain in List())
        {
            Xl("destroy", domain.Domid.ToString());
        }

        try
        {
            AssertNothingIsLeft();
        }
        finally
        {
            Closed();
        }

        Directory.Delete(Path, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Called when nothing of the host's domains is left.</summary>
    protected virtual void Closed()
    {
    }

    /// <summary>One line of xl list.</summary>
    protected sealed record Row(string Name, int Domid, int Memory, int Vcpus, string State);

    /// <summary>What a program did.</summary>
    protected sealed record Outcome(int ExitCode, string Output, string Error);

    /// <summary>Writes a configuration; returns its path.</summary>
    protected string Config(string name, string extra, params string[] lines)
    {
        var path = System.IO.Path.Combine(Path, $"{name}.cfg");
        File.WriteAllText(
            path,
            $"""
            name = "{name}"
            kernel = "{GuestImages.Kernel}"
            ramdisk = "{GuestImages.Initramfs}"
            memory = 128
            extra = "console=hvc0 quiet {extra}"
            {string.Join('\n', lines)}

            """);
        return path;
    }

    /// <summary>Writes the configuration of a guest with netfront that runs <c>/net</c> with these words; returns its path.</summary>
    protected string NetConfig(string name, string net, params string[] lines) =>
        Config(name, $"run=/net,{net}", [.. lines, $"ramdisk = \"{GuestImages.NetInitramfs}\""]);

    /// <summary>What our programs are run by: nothing, or a program with its arguments that changes who or where they are.</summary>
    protected virtual IReadOnlyList<string> RunBy => [];

    /// <summary>The directory of the programs under test.</summary>
    protected virtual string Programs => GuestImages.Programs;

    /// <summary>Starts one of our programs.</summary>
    protected Process Start(string program, params string[] arguments)
    {
        string[] words = [.. RunBy, System.IO.Path.Combine(Programs, program), .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment[RunDirectory.Variable] = Path;
        return Process.Start(start)!;
    }

    /// <summary>Runs one of our programs to its end, with its output captured.</summary>
    protected Outcome Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!Task.WhenAll(error, output).Wait(Limit))
        {
            process.Kill();
            Assert.Fail($"{program} {string.Join(' ', arguments)} does not end. It said so far: {Text(output)}{Text(error)}");
        }

        process.WaitForExit();
        return new(process.ExitCode, Text(output), Text(error));
    }

    /// <summary>Runs xl.</summary>
    protected Outcome Xl(params string[] arguments) => Run("xl", arguments);

    /// <summary>Runs xl, which must succeed.</summary>
    protected Outcome XlOk(params string[] arguments)
    {
        var outcome = Xl(arguments);
        Assert.True(outcome.ExitCode == 0, $"xl {string.Join(' ', arguments)}: {outcome.ExitCode} {outcome.Error}");
        return outcome;
    }

    /// <summary>The domains that xl list shows, Domain-0 left out.</summary>
    protected List<Row> List() =>
        [.. XlOk("list").Output.Split('\n').Skip(2).Where(l => l.Length > 0).Select(l => l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Select(w => new Row(w[0], int.Parse(w[1]), int.Parse(w[2]), int.Parse(w[3]), w[4]))];

    /// <summary>A domain of this name, if it is listed.</summary>
    protected Row? Find(string name) => List().Find(d => d.Name == name);

    /// <summary>Waits for a condition, generously.</summary>
    protected static void Eventually(Func<bool> condition, string otherwise) => Eventually(condition, () => otherwise);

    /// <summary>Waits until something is so, and says what was so instead.</summary>
    protected static void Eventually(Func<bool> condition, Func<string> otherwise)
    {
        var deadline = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, DateTime.UtcNow < deadline ? null : otherwise());
            Thread.Sleep(20);
        }
    }

    /// <summary>Waits until the guest says something on its console, as the log has it.</summary>
    protected void AwaitConsole(string name, string text)
    {
        var log = System.IO.Path.Combine(Path, "log", "console", $"guest-{name}.log");
        Eventually(() => File.Exists(log) && File.ReadAllText(log).Contains(text), $"{name} does not say \"{text}\"");
    }

    /// <summary>Types a line on a guest's console.</summary>
    protected void Type(string name, string line)
    {
        var tty = Run("xenstore-read", $"/local/domain/{Find(name)!.Domid}/console/tty").Output.Trim();
        using var terminal = new FileStream(tty, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        var before = ConsoleText(name).Length;
        terminal.Write(System.Text.Encoding.ASCII.GetBytes(line + "\r"));
        // What is closed before it was read is lost; the guest's echo says that it was. A shell breaks long lines, so their beginning must do.
        var echo = line[..Math.Min(line.Length, 20)];
        Eventually(() => ConsoleText(name)[before..].Contains(echo), $"{name} does not echo what is typed");
    }

    /// <summary>A field of a domain's state file.</summary>
    protected string StateOf(int domid, string field) =>
        File.ReadLines(System.IO.Path.Combine(Path, "domains", domid.ToString(), "state")).First(l => l.StartsWith(field + "=", StringComparison.Ordinal))[(field.Length + 1)..];

    /// <summary>Ids of this host's processes whose command line contains a word.</summary>
    protected List<int> Processes(string word) =>
        [.. Directory.GetDirectories("/proc").Select(System.IO.Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!))
            .Where(pid => ThreadTimes.IsAlive(pid) && Has(pid, "environ", $"{RunDirectory.Variable}={Path}") && Has(pid, "cmdline", word))];

    /// <summary>kill -9.</summary>
    protected static void Kill(int pid)
    {
        using var process = ProcessHandle.TryOpen(pid);
        process?.Signal(ProcessHandle.Kill);
    }

    /// <summary>No domain, no process of one, no file, no node.</summary>
    protected void AssertNothingIsLeft()
    {
        // A killed process gives up its memory, and with it its command line, before its locks.
        Eventually(() => List().Count == 0, "a domain is still listed");
        Eventually(() => Processes("domain-").Count == 0, "a process of a domain is left");
        Eventually(() => List().Count == 0 && Directory.GetFileSystemEntries(System.IO.Path.Combine(Path, "domains")).Length == 0, "a domain's files are left");
        var nodes = Run("xenstore-ls", "-f").Output;
        Assert.DoesNotMatch("(?m)^/(libxl/.|vm/.|local/domain/[1-9]|local/domain/0/backend)", nodes);
    }

    private string ConsoleText(string name) => File.ReadAllText(System.IO.Path.Combine(Path, "log", "console", $"guest-{name}.log"));

    private static bool Has(int pid, string file, string word)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}").Split('\0').Any(w => w.StartsWith(word, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended meanwhile
        }
    }

    private static string Text(Task<string> task) => task.IsCompletedSuccessfully ? task.GetAwaiter().GetResult() : string.Empty;
}
