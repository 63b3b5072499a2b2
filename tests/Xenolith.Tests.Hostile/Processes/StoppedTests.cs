using Xenolith.Host;
using Xenolith.Toolstack;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>A domain process that somebody has stopped (SIGSTOP, a debugger), or that its guest took over and that reads nothing: its monitor goes on.</summary>
[Collection("host")]
public sealed class StoppedTests : TestHost
{
    private const int Stop = 19, Continue = 18;

    [Fact]
    public void Whoever_orders_something_of_it_is_told_so_and_it_goes_on_afterwards()
    {
        var domid = Create("guest", "echo");
        using var process = ProcessHandle.TryOpen(Find("guest")!.DomainPid)!;
        process.Signal(Stop);
        Eventually(() => ThreadTimes.IsStopped(process.Pid), () => "it is not stopped");

        foreach (var order in (Action[])[() => Host.Pause(domid), () => Host.Unpause(domid), () => Host.SetMemory(domid, 8 * 1024)])
        {
            var refused = Assert.Throws<ToolstackException>(order);
            Assert.Contains($"the process of domain guest is stopped (SIGSTOP, or a debugger) and takes no orders. Let it go on with: kill -CONT {process.Pid}", refused.Message);
        }

        process.Signal(Continue);
        Eventually(() => !ThreadTimes.IsStopped(process.Pid), () => "it is not continued");
        Host.Pause(domid);
        Assert.Equal("--p---", Find("guest")!.StateLetters);
    }

    [Fact]
    public void It_can_be_destroyed()
    {
        var domid = Create("guest", "echo");
        using (var process = ProcessHandle.TryOpen(Find("guest")!.DomainPid)!)
        {
            process.Signal(Stop);
        }

        Host.Destroy(domid);
        AssertNothingIsLeft();
    }
}
