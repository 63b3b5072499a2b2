using System.Diagnostics;
using Xenolith.Host;
using Xenolith.Tests.Guests;

namespace Xenolith.Tests.Clients.Toolstack;

/// <summary>A host of its own for one test, with foreign programs that find our xl in their PATH as they would find Xen's.</summary>
public abstract class CallerHost : GuestHost
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly Lazy<string> LazyPackages = new(() => Output(Source("fetch-callers")).Trim());

    /// <summary>Debian packages of callers, unpacked.</summary>
    protected static string Packages => LazyPackages.Value;

    /// <summary>A file beside this one.</summary>
    protected static string Source(string name) => System.IO.Path.Combine(GuestImages.Root, "tests/Xenolith.Tests.Clients/Toolstack", name);

    /// <summary>A file of this test in the host's directory.</summary>
    protected string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
        return path;
    }

    /// <summary>A foreign shell script as its package's installation would have left it: with the places it names replaced by ours.</summary>
    protected string Installed(string script, params (string Place, string Ours)[] places)
    {
        var text = File.ReadAllText(script);
        foreach (var (place, ours) in places)
        {
            Assert.Contains(place, text);
            text = text.Replace(place, ours);
        }

        var path = Write($"installed/{System.IO.Path.GetFileName(script)}", text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Runs a foreign program to its end, with <c>xl</c>, <c>xm</c>, <c>xen</c> and <c>xenstore-*</c> of ours in its PATH.</summary>
    protected Outcome Call(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        // Ours by name: the search for a program uses the test's own PATH, in which Xen's may be.
        if (!program.Contains('/'))
            program = System.IO.Path.Combine(GuestImages.Programs, program);
        var words = arguments.ToList();
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path,
        };
        start.Environment[RunDirectory.Variable] = Path;
        start.Environment["PATH"] = $"{GuestImages.Programs}:{Packages}/usr/sbin:{Packages}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', words)} does not end");
        }

        // A child that kept its output open would be an error of ours: `xl create' must let go of it.
        Assert.True(Task.WhenAll(error, output).Wait(Limit), $"{program}: somebody still holds its output");
        return new(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>The same, which must succeed; returns what it printed.</summary>
    protected string CallOk(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var outcome = Call(program, arguments, environment);
        Assert.True(outcome.ExitCode == 0, $"{program}: exit code {outcome.ExitCode}\n{outcome.Output}\n{outcome.Error}");
        return outcome.Output;
    }

    private static string Output(string script)
    {
        using var process = Process.Start(new ProcessStartInfo(script) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed with code {process.ExitCode}");
    }
}
