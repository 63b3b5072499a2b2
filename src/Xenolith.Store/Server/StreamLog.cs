using System.Globalization;
using System.Text;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>A log of lines with the time, flushed one by one.</summary>
public sealed class StreamLog(TextWriter writer) : IStoreLog
{
    /// <inheritdoc/>
    public void Note(string line) => Write("", line);

    /// <inheritdoc/>
    public void Warn(string line) => Write("warning: ", line);

    private void Write(string kind, string line)
    {
        var clean = new StringBuilder(line.Length);
        foreach (var c in line)
            clean.Append(char.IsControl(c) ? '?' : c);
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:yyyy-MM-dd HH:mm:ss.fff} {kind}{clean}"));
        writer.Flush();
    }
}
