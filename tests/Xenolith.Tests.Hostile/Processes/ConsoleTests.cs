using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Toolstack;
using Xenolith.Toolstack.Consoles;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>design, "Consoles", sentence by sentence, with real processes.</summary>
[Collection("host")]
public sealed class ConsoleTests : TestHost
{
    private const int Flood = 8_000_000;

    [Fact]
    public void A_short_life_is_seen_whole_by_create_c_which_ends_with_it()
    {
        var (exitCode, output, _) = RunXl("create", "-c", "guest", "say=one say=two shutdown=0");

        Assert.Equal((0, "one\ntwo\n"), (exitCode, output));
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_flood_loses_nothing_and_repeats_nothing()
    {
        var (_, output, _) = RunXl("create", "-c", "guest", $"flood={Flood} shutdown=0");

        AssertLines(output);
    }

    [Fact]
    public void What_nobody_has_seen_goes_to_the_first_viewer_and_later_ones_get_new_text_only()
    {
        var domid = Create("guest", "say=unseen echo");
        using var first = Host.AttachConsole(domid);
        Assert.Equal("unseen\n", Read(first, 7));

        using var second = Host.AttachConsole(domid);
        using var third = Host.AttachConsole(domid, replay: true);
        Type(first, "new\n");

        Assert.Equal("new\n", Read(second, 4));
        Assert.Equal("unseen\nnew\n", Read(third, 11));
    }

    [Fact]
    public void Eight_viewers_with_one_stuck_each_get_everything_but_the_stuck_one()
    {
        Host.Create(ScriptedXl.Config("guest", $"flood={Flood} shutdown=0"), new() { Paused = true });
        using var stuck = Host.AttachConsole(1);
        var outputs = new string[7];
        var threads = Enumerable.Range(0, outputs.Length).Select(i =>
        {
            var viewer = Host.AttachConsole(1);
            var thread = new Thread(() => outputs[i] = ReadFrom(viewer.Socket, int.MaxValue));
            thread.Start();
            return thread;
        }).ToList();
        Host.Unpause(1);

        threads.ForEach(t => t.Join());
        Array.ForEach(outputs, AssertLines);
    }

    [Fact]
    public void Input_that_is_no_terminal_is_not_read()
    {
        using var xl = Xl("create", "-c", "guest", "say=up echo");
        xl.StandardInput.Write("typed\n");
        xl.StandardInput.Close();
        Assert.Equal("up", xl.StandardOutput.ReadLine());
        Host.Destroy(1);

        Assert.Equal(string.Empty, xl.StandardOutput.ReadToEnd());
        xl.WaitForExit();
        Assert.Equal(0, xl.ExitCode);
    }

    [Fact]
    public void A_terminal_is_raw_meanwhile_and_the_leave_key_leaves_the_domain_running()
    {
        Create("guest", "echo");
        using var terminal = PseudoTerminal.Create();
        using var slave = File.OpenHandle(terminal.SlavePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var viewer = Host.AttachConsole(1);
        ConsoleEnd? end = null;
        var thread = new Thread(() => end = viewer.Run(slave, slave));
        thread.Start();

        // What is typed before the viewer has made the terminal raw belongs to the terminal.
        Eventually(() => !TerminalMode.GathersLines(slave), () => "the terminal is not made raw");
        Descriptors.WriteAll(terminal.Master, "key"u8);
        Assert.Equal("key", ReadFrom(terminal.Master, 3));
        Descriptors.WriteAll(terminal.Master, [0x1d]);
        thread.Join();

        Assert.Equal(ConsoleEnd.Left, end);
        Eventually(() => Find("guest")!.StateLetters == "-b----", () => "it does not go on");
    }

    [Fact]
    public void The_pty_named_in_the_store_is_a_console_too()
    {
        var domid = Create("guest", "say=unseen echo");
        using var pty = OpenPty(domid);

        Assert.Equal("unseen\n", ReadFrom(pty, 7));
        Descriptors.WriteAll(pty, "typed\n"u8);
        Assert.Equal("typed\n", ReadFrom(pty, 6));
    }

    [Fact]
    public void A_pty_whose_domain_ends_is_drained_before_it_closes()
    {
        Host.Create(ScriptedXl.Config("guest", "say=last shutdown=0"), new() { Paused = true });
        using var pty = OpenPty(1);
        Host.Unpause(1);

        Assert.Equal("last\n", ReadFrom(pty, 5));
        Eventually(() => Find("guest") is null, () => "it is still listed");
    }

    [Fact]
    public void The_console_log_is_rotated_by_size_and_count()
    {
        File.WriteAllText(System.IO.Path.Combine(Path, "xenolith.conf"), "console_log_size = 16\nconsole_log_count = 2\n");
        RunXl("create", "-c", "guest", "flood=200000 shutdown=0");

        var logs = Directory.GetFiles(System.IO.Path.Combine(Path, "log", "console")).Select(System.IO.Path.GetFileName).Order();
        Assert.Equal(["guest-guest.log", "guest-guest.log.1", "guest-guest.log.2"], logs);
        Assert.All(Directory.GetFiles(System.IO.Path.Combine(Path, "log", "console")), f => Assert.InRange(new FileInfo(f).Length, 1, 16 * 1024));
    }

    private static void AssertLines(string output)
    {
        var lines = output.Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            if (lines[i] != $"line {i:d9}")
            {
                Assert.Fail($"line {i} is \"{lines[i]}\"");
            }
        }

        Assert.True(output.Length >= Flood, $"only {output.Length} bytes");
    }

    private static string Read(ConsoleViewer viewer, int count) => ReadFrom(viewer.Socket, count);

    private static string ReadFrom(SafeFileHandle from, int count)
    {
        var text = new StringBuilder();
        var buffer = new byte[Math.Min(count, 65536)];
        while (text.Length < count && Poller.WaitFor(from, PollEvents.Readable, 60_000))
        {
            var got = Descriptors.Read(from, buffer.AsSpan(0, Math.Min(buffer.Length, count - text.Length)));
            if (got == 0)
            {
                break;
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, Math.Max(0, got)));
        }

        return text.ToString();
    }

    private static void Type(ConsoleViewer viewer, string text) => Descriptors.WriteAll(viewer.Socket, Encoding.ASCII.GetBytes(text));

    private SafeFileHandle OpenPty(int domid)
    {
        var tty = File.ReadAllText(System.IO.Path.Combine(Path, FileStoreFinder.Folder, $"%local%domain%{domid}%console%tty")).Split(' ')[0];
        return File.OpenHandle(tty, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }
}
