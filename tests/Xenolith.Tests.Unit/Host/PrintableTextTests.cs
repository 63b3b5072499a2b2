using CsCheck;
using Xenolith.Host;

namespace Xenolith.Tests.Unit.Host;

/// <summary>What a tenant writes does not speak to an administrator's terminal, nor in another line's name.</summary>
public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("a\x1b[31mb", "a?[31mb", "a?[31mb")]
    [InlineData("a\u009b31mb\x7f", "a?31mb?", "a?31mb?")]
    [InlineData("a\nb\r\tc", "a\nb?\tc", "a b?\tc")]
    [InlineData("a\u2028b", "a?b", "a?b")]
    [InlineData("größe 宿", "größe 宿", "größe 宿")]
    public void It_is_made_fit(string text, string lines, string line) => Assert.Equal((lines, line), (PrintableText.Lines(text), PrintableText.OneLine(text)));

    [Fact]
    public void Nothing_that_a_terminal_obeys_is_left() =>
        Gen.String.Sample(text =>
        {
            var made = PrintableText.OneLine(text);
            return made.Length == text.Length && !made.Any(c => char.IsControl(c) && c != '\t');
        });
}
