using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// What a monitor tells of its domains' lives, in xl's own words: to <c>xl-NAME.log</c>, or to standard error in the foreground.
/// Thread ownership: the monitor's thread.
/// </summary>
internal sealed class MonitorLog(bool foreground, bool silent) : IDisposable
{
    private RotatingLog? _file;

    /// <summary>The file, for a child's output; in the foreground and before <see cref="Begin"/>, standard error.</summary>
    public SafeFileHandle Output => _file?.File ?? StandardStreams.Error;

    /// <summary>Where a person finds it.</summary>
    public string Where => _file?.Path ?? "the output above";

    /// <summary>
    /// Opens the log of a domain's name, once the name is ours: an older log of that name is rotated away, as xl does. Standard output and
    /// standard error of this process go there from now on.
    /// </summary>
    public void Begin(HostState state, HostSettings settings, string name)
    {
        if (foreground || _file is not null)
        {
            return;
        }

        var path = HostLogs.MonitorLogOf(state.Run, name);
        RotatingLog.Rotate(path, settings.MonitorLogCount);
        _file = new(path, settings.MonitorLogKib * 1024, settings.MonitorLogCount);
        if (_file.File is null)
        {
            throw new HostException($"open {path}", Errno.EACCES);
        }

        StandardStreams.RedirectOutput(_file.File);
    }

    /// <summary>What stands last in the file, such as the reason that a child gave before it ended; null if nothing does, or in the foreground.</summary>
    public string? LastLine()
    {
        if (_file is null)
        {
            return null;
        }

        try
        {
            using var file = Descriptors.OpenForReading(_file.Path);
            var tail = new byte[1024];
            var count = RandomAccess.Read(file, tail, Math.Max(0, RandomAccess.GetLength(file) - tail.Length));
            return Encoding.UTF8.GetString(tail, 0, count).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        }
        catch (IOException)
        {
            return null; // somebody took the file away; whoever asks says where it was
        }
    }

    /// <summary>Tells one line; whatever a guest's disk or driver has put into it stays within that line.</summary>
    public void Write(string line)
    {
        line = PrintableText.OneLine(line);
        if (foreground)
        {
            Console.Error.WriteLine(line);
        }
        else if (!silent)
        {
            _file?.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
