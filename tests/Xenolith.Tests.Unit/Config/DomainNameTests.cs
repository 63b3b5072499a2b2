using Xenolith.Config;

namespace Xenolith.Tests.Unit.Config;

public class DomainNameTests
{
    [Theory]
    [InlineData("web")]
    [InlineData("inst1.example.com")]
    [InlineData("a b")]
    [InlineData("grüße-😀")]
    public void May_be_anything_that_can_be_a_files_name(string name) => Assert.Null(DomainName.Problem(name));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a/b", "have no `/'")]
    [InlineData("..", "another place")]
    [InlineData("a\nb", "control characters")]
    public void What_cannot_be_one_says_why(string name, string why) => Assert.Contains(why, DomainName.Problem(name));

    [Fact]
    public void Its_length_is_counted_in_bytes_as_the_file_system_does()
    {
        Assert.Null(DomainName.Problem(new string('x', 200)));
        Assert.Contains("has 202 bytes; at most 200", DomainName.Problem(new string('ü', 101)));
    }
}
