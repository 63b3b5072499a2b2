using Xenolith.Host;

namespace Xenolith.Tests.Unit.Host;

/// <summary>design, "Hosts": where a run directory is found, and who may use it.</summary>
public sealed class RunDirectoryTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("xenolith-run-").FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Theory]
    [InlineData("/given", "/run/user/5", 5u, true, "/given", true)]
    [InlineData("/given", null, 0u, true, "/given", true)]
    [InlineData(null, "/run/user/0", 0u, true, "/run/xenolith", false)]
    [InlineData(null, "/run/user/5", 5u, true, "/run/user/5/xenolith", false)]
    [InlineData(null, "/run/user/6", 5u, false, "/tmp/xenolith-5", false)]
    [InlineData(null, null, 5u, true, "/tmp/xenolith-5", false)]
    [InlineData("", "", 5u, true, "/tmp/xenolith-5", false)]
    public void It_is_found_in_this_order(string? variable, string? runtime, uint uid, bool ours, string path, bool isolated)
    {
        string? Variable(string name) => name == RunDirectory.Variable ? variable : runtime;

        Assert.Equal((path, isolated), RunDirectory.Locate(Variable, uid, (_, _) => ours));
    }

    [Fact]
    public void A_new_one_is_private()
    {
        using var run = RunDirectory.Open(Path.Combine(_parent, "run"), RunDirectory.UserId(), isolated: true);

        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(run.Path), 8));
    }

    [Fact]
    public void One_that_others_may_write_to_is_refused()
    {
        var path = Directory.CreateDirectory(Path.Combine(_parent, "run")).FullName;
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("770", 8));

        Assert.Contains("others may write", Assert.Throws<HostException>(() => RunDirectory.Open(path, RunDirectory.UserId(), true)).Message);
    }

    [Fact]
    public void Somebody_elses_is_refused() =>
        Assert.Contains("belongs to user id", Assert.Throws<HostException>(() => RunDirectory.Open(_parent, RunDirectory.UserId() + 1, true)).Message);

    [Fact]
    public void The_kernels_reason_is_told_when_it_cannot_be_made()
    {
        var file = Path.Combine(_parent, "file");
        File.WriteAllText(file, "");

        Assert.Equal(Errno.EEXIST, Assert.Throws<HostException>(() => RunDirectory.Open(file, RunDirectory.UserId(), true)).Errno);
        Assert.NotEqual(Errno.EACCES, Assert.Throws<HostException>(() => RunDirectory.Open(Path.Combine(file, "run"), RunDirectory.UserId(), true)).Errno);
    }

    [Fact]
    public void A_symbolic_link_is_refused()
    {
        var link = Path.Combine(_parent, "link");
        File.CreateSymbolicLink(link, "/");

        Assert.Throws<HostException>(() => RunDirectory.Open(link, RunDirectory.UserId(), true));
    }
}
