using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Toolstack.Devices.Hotplug;

/// <summary>A hotplug script on its way, with all that it has started: listened to, and killed when its time is over or nobody wants it any more.</summary>
/// <remarks>Thread ownership: the loop's thread.</remarks>
internal sealed class RunningScript
{
    private const int MaxWords = 2000, MaxPieces = 64, EndMilliseconds = 10_000;

    private readonly HotplugScript _script;
    private readonly ProcessHandle _process;
    private readonly SafeFileHandle _reader;
    private readonly EventLoop.Source _output;
    private readonly EventLoop.Source _end;
    private readonly EventLoop.Timer _timer;
    private readonly Action<string?> _done;
    private readonly StringBuilder _said = new();
    private string? _killed;
    private bool _over;

    /// <summary>Begins to listen to a script that was started as the leader of a session.</summary>
    public RunningScript(HotplugScript script, EventLoop loop, ProcessHandle process, SafeFileHandle reader, int milliseconds, Action<string?> done)
    {
        (_script, _process, _reader, _done) = (script, process, reader, done);
        Descriptors.SetNonBlocking(reader);
        _output = loop.Add(reader, PollEvents.Readable, _ => Listen());
        _end = loop.Add(process.Descriptor, PollEvents.Readable, _ => Ended());
        _timer = loop.After(milliseconds, () => Kill(string.Create(CultureInfo.InvariantCulture, $"did not end within {milliseconds / 1000.0:0.#} s and was killed")));
    }

    /// <summary>The process that leads it; null if that has ended and was reaped.</summary>
    public ProcessIdentity? Process => _over ? null : ProcessIdentity.Of(_process.Pid);

    /// <summary>Ends it now, if it has not ended: what it makes is not wanted any more, and would be made behind the back of whoever undoes it.</summary>
    public void End()
    {
        if (_over)
        {
            return;
        }

        Kill("was ended, because its device is removed");
        // What a kernel does not let go of (a dead file server) is left to itself.
        _process.WaitForEnd(EndMilliseconds);
        Ended();
    }

    private void Kill(string how)
    {
        _killed ??= how;
        _process.SignalGroup(ProcessHandle.Kill);
    }

    private void Listen()
    {
        Span<byte> bytes = stackalloc byte[1024];
        // A script that talks faster than it is heard must not keep the loop from its time limit.
        for (var pieces = 0; pieces < MaxPieces; pieces++)
        {
            var count = Descriptors.Read(_reader, bytes);
            if (count == 0)
            {
                _output.Wanted = PollEvents.None;
            }

            if (count <= 0)
            {
                return;
            }

            // Its first words name the trouble; a script that goes on and on is not remembered.
            if (_said.Length < MaxWords)
            {
                _said.Append(Encoding.UTF8.GetString(bytes[..count]));
            }
        }
    }

    private void Ended()
    {
        if (_over || _process.Reap() is not { } end)
        {
            return;
        }

        _over = true;
        Listen();
        _output.Remove();
        _end.Remove();
        _timer.Cancelled = true;
        _process.Dispose();
        _reader.Dispose();
        var said = _said.ToString().Trim().ReplaceLineEndings("; ");
        var words = said.Length == 0 ? string.Empty : $": {said}";
        _done(_killed is null && end is { ExitCode: 0 } ? null : $"the hotplug script {_script.Path} {_script.Command} {_killed ?? end.ToString()}{words}");
    }
}
