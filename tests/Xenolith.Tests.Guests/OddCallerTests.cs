namespace Xenolith.Tests.Guests;

/// <summary>What a caller may leave to xl without meaning harm: a umask, limits, a working directory that is gone.</summary>
[Collection("guests")]
public sealed class OddCallerTests : GuestHost
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private string _before = "";

    protected override IReadOnlyList<string> RunBy => ["bash", "-c", $"{_before}\nexec \"$@\"", "bash"];

    [Fact]
    public void A_umask_does_not_shut_us_out_of_our_own_files()
    {
        _before = "umask 777";

        XlOk("create", "-qp", Config("guest", ""));

        var files = Directory.GetFiles(System.IO.Path.Combine(Path, "domains"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(Owner, File.GetUnixFileMode(file) & Owner));
    }

    [Fact]
    public void A_removed_working_directory_is_no_obstacle()
    {
        _before = "gone=$(mktemp -d) && cd \"$gone\" && rmdir \"$gone\"";

        XlOk("create", "-qp", Config("guest", ""));
    }

    [Fact]
    public void A_limit_of_file_sizes_is_said_in_words()
    {
        _before = "ulimit -f 1000";

        var refused = Xl("create", "-qp", Config("guest", ""));

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("ulimit -v or -f", refused.Error);
    }
}
