using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Cli.Commands;
using Xenolith.Host;

namespace Xenolith.Cli.Xl.Top;

/// <summary>The live form of <c>xl top</c>: the whole screen, redrawn, with keys. Thread ownership: one thread; a signal may restore the terminal.</summary>
internal sealed class TopScreen(Invocation use, TopView view, int? iterations)
{
    private const string Enter = "\x1b[?1049h\x1b[?25l";
    private const string Leave = "\x1b[?25h\x1b[?1049l";
    private const string Keys = "  [D]elay  [N]etworks  v[B]ds  [V]CPUs  [R]epeat header  [S]ort order  [Q]uit";
    private const int SignalExit = 128;

    private readonly TopKeys _keys = new();
    private TopView _view = view;

    /// <summary>Runs until it is left, or has looked so often.</summary>
    public void Run()
    {
        var input = StandardStreams.Input;
        var mode = TerminalMode.MakeRaw(input);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        Draw(Enter);
        try
        {
            Loop(input);
        }
        finally
        {
            Draw(Leave);
            mode.Restore();
        }

        void End(PosixSignalContext signal)
        {
            Descriptors.WriteAll(StandardStreams.Output, Encoding.ASCII.GetBytes(Leave));
            mode.Restore();
            Environment.Exit(SignalExit + (signal.Signal == PosixSignal.SIGTERM ? 15 : 1));
        }
    }

    private void Loop(SafeFileHandle input)
    {
        var buffer = new byte[64];
        TopSample? sample = null;
        for (var left = iterations; !_keys.Quit && left != 0; left--)
        {
            sample = TopSample.Take(use.Services, sample, vcpus: true);
            var since = Stopwatch.GetTimestamp();
            Show(sample);
            while (!_keys.Quit && left != 1 && _view.Delay * 1000 - (int)Stopwatch.GetElapsedTime(since).TotalMilliseconds is > 0 and var rest)
            {
                if (!Poller.WaitFor(input, PollEvents.Readable, rest))
                    break;
                var count = Descriptors.Read(input, buffer);
                if (count <= 0)
                    return; // the terminal has gone
                _view = _keys.Press(Encoding.ASCII.GetString(buffer, 0, count), _view);
                Show(sample);
            }
        }
    }

    private void Show(TopSample sample)
    {
        // A terminal that does not know its size says 0.
        var rows = TerminalSize.OutputRows() is > 0 and var r ? r : 24;
        var columns = TerminalSize.OutputColumns() is > 0 and var c ? c : 80;
        var lines = (TopTable.Summary(sample, DateTime.Now) + TopTable.Text(sample, _view)).TrimEnd('\n').Split('\n');
        var text = new StringBuilder("\x1b[H");
        foreach (var line in lines.Take(Math.Max(1, rows - 1)))
            text.Append(line.AsSpan(0, Math.Min(line.Length, columns))).Append("\x1b[K\r\n");
        text.Append("\x1b[J\x1b[").Append(rows).Append(";1H");
        var bottom = _keys.Prompt ?? Keys;
        text.Append(bottom.AsSpan(0, Math.Min(bottom.Length, columns)));
        Draw(text.ToString());
    }

    private void Draw(string text)
    {
        use.Terminal.Out.Write(text);
        use.Terminal.Out.Flush();
    }
}
