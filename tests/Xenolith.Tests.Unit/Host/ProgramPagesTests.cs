using System.Text;
using Xenolith.Host.Memory;

namespace Xenolith.Tests.Unit.Host;

/// <summary>Program pages that are forgotten come back.</summary>
public class ProgramPagesTests
{
    [Fact]
    public void The_program_goes_on_after_its_pages_were_forgotten()
    {
        for (var round = 0; round < 3; round++)
        {
            ProgramPages.ForgetUnchanged();
            Assert.Equal("x1,x2", string.Join(',', new[] { 1, 2 }.Select(n => $"x{n}")));
            Assert.Equal(3, Encoding.UTF8.GetByteCount("abc"));
        }
    }
}
