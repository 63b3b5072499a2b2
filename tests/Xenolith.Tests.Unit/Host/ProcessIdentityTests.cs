using Xenolith.Host;

namespace Xenolith.Tests.Unit.Host;

/// <summary>A process that was noted is found again, and no other that has its number by now.</summary>
public sealed class ProcessIdentityTests
{
    [Fact]
    public void A_process_is_found_by_its_note_while_it_lives()
    {
        using var child = ChildProcess.Spawn(new() { Program = "/bin/sleep", Arguments = ["sleep", "1000"] });
        var noted = ProcessIdentity.Of(child.Pid)!.Value.ToString();
        Assert.True(ProcessIdentity.TryParse(noted, out var identity));
        using (var found = identity.TryOpen())
        {
            Assert.Equal(child.Pid, found?.Pid);
        }

        Assert.Null((identity with { Began = identity.Began - 1 }).TryOpen());

        child.Signal(ProcessHandle.Kill);
        Assert.True(child.WaitForEnd(60_000));
        Assert.NotNull(child.Reap());
        Assert.Null(identity.TryOpen());
    }

    [Fact]
    public void Its_beginning_is_what_the_kernel_says_whatever_its_name_is()
    {
        var own = ProcessIdentity.Of(Environment.ProcessId)!.Value;
        var stat = File.ReadAllText("/proc/self/stat");
        Assert.Equal(long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19]), own.Began);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5 x")]
    [InlineData("-1 5")]
    [InlineData("5 6 7")]
    public void Anything_else_is_no_note(string text) => Assert.False(ProcessIdentity.TryParse(text, out _));
}
