using System.Runtime.CompilerServices;

namespace Xenolith.Tests.Unit.Captures;

/// <summary>One case of a capture from real Xen: a command, its exit code, its configuration file and what it printed.</summary>
public sealed record XenCapture(string Name, string Command, int Exit, string Config, string Stdout, string Stderr)
{
    /// <summary>Reads all cases of a file beside this one.</summary>
    public static IReadOnlyList<XenCapture> Read(string file) =>
        [.. File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, file))
            .Split("######## ", StringSplitOptions.RemoveEmptyEntries)
            .Select(One)];

    private static XenCapture One(string block)
    {
        var lines = block.Split('\n');
        var parts = new Dictionary<string, List<string>> { ["config"] = [], ["stdout"] = [], ["stderr"] = [] };
        var exit = 0;
        List<string>? current = null;
        foreach (var line in lines.Skip(2))
        {
            if (line.StartsWith("[exit ", StringComparison.Ordinal))
                exit = int.Parse(line[6..^1]);
            else if (line.StartsWith("--- domains left", StringComparison.Ordinal))
                current = null;
            else if (line is ['-', '-', '-', ' ', .. var part] && parts.TryGetValue(part, out var list))
                current = list;
            else
                current?.Add(line);
        }

        // The capture separates cases by an empty line, which belongs to no output.
        string Text(string part) => string.Join('\n', parts[part]).TrimEnd('\n') is { Length: > 0 } text ? text + "\n" : "";
        return new XenCapture(lines[0], lines[1][2..], exit, Text("config"), Text("stdout"), Text("stderr"));
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
