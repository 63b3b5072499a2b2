using System.Text;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>Logs rotated by size and count.</summary>
public sealed class RotatingLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xenolith-log-").FullName;

    private string Log => Path.Combine(_folder, "log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void No_file_is_larger_and_no_more_are_kept_than_asked()
    {
        using var log = new RotatingLog(Log, 4096, 2);
        for (var line = 0; line < 1000; line++)
        {
            log.Write(Encoding.ASCII.GetBytes($"line {line:d5}\n"));
        }

        Assert.Equal(["log", "log.1", "log.2"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(_folder), file => Assert.InRange(new FileInfo(file).Length, 1, 4096));
        var kept = string.Concat(((string[])["log.2", "log.1", "log"]).Select(name => File.ReadAllText(Path.Combine(_folder, name)))).Split('\n');
        Assert.Equal("line 00999", kept[^2]);
        Assert.Equal(kept.Length - 1, kept.Distinct().Count() - 1);
    }

    [Fact]
    public void An_existing_log_is_continued()
    {
        File.WriteAllText(Log, "old\n");
        using (var log = new RotatingLog(Log, 4096, 2))
        {
            log.Write("new\n"u8);
        }

        Assert.Equal("old\nnew\n", File.ReadAllText(Log));
    }

    [Fact]
    public void A_log_that_cannot_be_written_stops_nothing_and_says_later_how_much_was_lost()
    {
        Directory.CreateDirectory(Log);
        using var log = new RotatingLog(Log, 4096, 2);
        log.Write("lost\n"u8);
        Directory.Delete(Log);
        log.Write("kept\n"u8);

        Assert.Equal("\n[5 bytes of this log were lost: no room on the disk]\nkept\n", File.ReadAllText(Log));
    }

    [Theory]
    [InlineData("a/b", "a-b")]
    [InlineData("..\n", "..-")]
    [InlineData("plain", "plain")]
    public void A_name_cannot_leave_the_log_directory(string name, string safe) => Assert.Equal(safe, HostLogs.Safe(name));
}
