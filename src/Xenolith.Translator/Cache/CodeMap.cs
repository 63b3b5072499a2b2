using System.Globalization;

namespace Xenolith.Translator.Cache;

/// <summary>
/// Tells a profiler which guest instruction a host address of emitted code belongs to: a text file with a line "start end rip" (16 hexadecimal digits
/// each, which compare as text) for each translated instruction, and one ending in "landing" for each landing, as translations are made. <c>bench/profile</c>
/// joins it with perf's samples and the guest's symbols. Only written while <see cref="DirectoryVariable"/> names a directory. Used under the translation lock.
/// </summary>
internal sealed class CodeMap : IDisposable
{
    /// <summary>The environment variable that asks for a map, <c>code-PID.map</c> in the directory that it names.</summary>
    public const string DirectoryVariable = "XENOLITH_CODE_MAP";

    private readonly StreamWriter _writer;

    private CodeMap(string path) => _writer = new StreamWriter(path, append: true) { AutoFlush = true };

    /// <summary>The map that the environment asks for; null if it asks for none.</summary>
    public static CodeMap? Wanted()
        => Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } directory
            ? new CodeMap(Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"code-{Environment.ProcessId}.map")))
            : null;

    /// <summary>Writes the lines of a finished block.</summary>
    public void AddBlock(CodeCache cache, in CodeBlock block)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < block.RowCount; i++)
        {
            ref readonly var row = ref cache.Rows[block.FirstRow + i];
            var start = block.Host + (i == 0 ? 0 : row.Host);
            var end = i + 1 < block.RowCount ? block.Host + cache.Rows[block.FirstRow + i + 1].Host : block.HostEnd;
            text.Append(CultureInfo.InvariantCulture, $"{cache.AddressOf(start):x16} {cache.AddressOf(end):x16} {block.Rip + row.Offset:x16}\n");
        }

        _writer.Write(text);
    }

    /// <summary>Writes the line of a landing.</summary>
    public void AddLanding(nint start, nint end, ulong rip)
        => _writer.Write(string.Create(CultureInfo.InvariantCulture, $"{start:x16} {end:x16} {rip:x16} landing\n"));

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
